// Made by tools/instructions.ts from instructions.txt. Do not edit.

import { ROW_EMITTER } from "../rows.ts";
import * as control from "./emit-control.ts";
import * as data from "./emit-data.ts";
import * as mmx from "./emit-mmx.ts";
import * as system from "./emit-system.ts";
import * as vector from "./emit-vector.ts";
import * as x87 from "./emit-x87.ts";
import { D_ROW, field } from "./fields.ts";

/** Emits the records of the instruction at hand, by its row's emitter. */
export function emitInstruction(): void {
  switch (<u32>load<u8>(field(D_ROW), ROW_EMITTER)) {
    case 0: // generic
      return data.emitGeneric();
    case 1: // imul3
      return data.emitImul3();
    case 2: // double
      return data.emitDouble();
    case 3: // move
      return data.emitMove();
    case 4: // extend
      return data.emitExtend();
    case 5: // condition
      return data.emitCondition();
    case 6: // pause
      return system.emitPause();
    case 7: // nop
      return data.emitNop();
    case 8: // exchange
      return data.emitExchange();
    case 9: // lea
      return data.emitLea();
    case 10: // xlat
      return data.emitXlat();
    case 11: // convert
      return data.emitConvert();
    case 12: // crc
      return data.emitCrc();
    case 13: // bits
      return data.emitBits();
    case 14: // swap
      return data.emitSwap();
    case 15: // memory
      return system.emitMemory();
    case 16: // push
      return control.emitPush();
    case 17: // pop
      return control.emitPop();
    case 18: // pushsegment
      return control.emitPushSegment();
    case 19: // popsegment
      return system.emitPopSegment();
    case 20: // system
      return system.emitSystem();
    case 21: // enter
      return control.emitEnter();
    case 22: // leave
      return control.emitLeave();
    case 23: // jcc
      return control.emitJcc();
    case 24: // jmp
      return control.emitJmp();
    case 25: // call
      return control.emitCall();
    case 26: // ret
      return control.emitRet();
    case 27: // callindirect
      return control.emitCallIndirect();
    case 28: // jmpindirect
      return control.emitJmpIndirect();
    case 29: // loop
      return control.emitLoop();
    case 30: // far
      return system.emitFar();
    case 31: // farmemory
      return system.emitFarMemory();
    case 32: // bound
      return system.emitBound();
    case 33: // string
      return system.emitString();
    case 34: // decimal
      return data.emitDecimal();
    case 35: // touch
      return data.emitTouch();
    case 36: // port
      return system.emitPort();
    case 37: // fromsegment
      return system.emitFromSegment();
    case 38: // tosegment
      return system.emitToSegment();
    case 39: // loadfar
      return system.emitLoadFar();
    case 40: // x87
      return x87.emitX87();
    case 41: // checked
      return system.emitChecked();
    case 42: // checkedstore
      return system.emitCheckedStore();
    case 43: // undefined
      return system.emitUndefined();
    case 44: // control
      return system.emitControl();
    case 45: // base
      return system.emitBase();
    case 46: // vectormove
      return vector.emitVectorMove();
    case 47: // scalarload
      return vector.emitScalarLoad();
    case 48: // scalarmove
      return vector.emitScalarMove();
    case 49: // halfmove
      return vector.emitHalfMove();
    case 50: // toscalar
      return vector.emitToScalar();
    case 51: // fromscalar
      return vector.emitFromScalar();
    case 52: // lowmove
      return vector.emitLowMove();
    case 53: // mmxtovector
      return mmx.emitMmxToVector();
    case 54: // mmxmove
      return mmx.emitMmxMove();
    case 55: // emms
      return mmx.emitEmms();
    case 56: // maskmove
      return mmx.emitMaskMove();
    case 57: // vector
      return vector.emitVector();
    case 58: // mmx
      return mmx.emitMmx();
    case 59: // mmxpair
      return mmx.emitMmxPair();
    case 60: // mmxhigh
      return mmx.emitMmxHigh();
    case 61: // vectorshift
      return vector.emitVectorShift();
    case 62: // mmxshift
      return mmx.emitMmxShift();
    case 63: // mmxread
      return mmx.emitMmxRead();
    case 64: // ps
      return vector.emitPs();
    case 65: // pd
      return vector.emitPd();
    case 66: // ss
      return vector.emitSs();
    case 67: // sd
      return vector.emitSd();
    case 68: // mmxsource
      return mmx.emitMmxSource();
    case 69: // frominteger
      return vector.emitFromInteger();
    case 70: // mmxresult
      return mmx.emitMmxResult();
    case 71: // controlload
      return vector.emitControlLoad();
    case 72: // controlstore
      return vector.emitControlStore();
    case 73: // insertlane
      return vector.emitInsertLane();
    case 74: // lanestore
      return vector.emitLaneStore();
    case 75: // insertgeneral
      return vector.emitInsertGeneral();
    case 76: // comparetext
      return vector.emitCompareText();
    case 77: // three
      return data.emitThree();
    case 78: // mulx
      return data.emitMulx();
    default:
      unreachable();
  }
}
