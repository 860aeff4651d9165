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
    case 6: // nop
      return data.emitNop();
    case 7: // exchange
      return data.emitExchange();
    case 8: // lea
      return data.emitLea();
    case 9: // xlat
      return data.emitXlat();
    case 10: // convert
      return data.emitConvert();
    case 11: // crc
      return data.emitCrc();
    case 12: // bits
      return data.emitBits();
    case 13: // swap
      return data.emitSwap();
    case 14: // memory
      return system.emitMemory();
    case 15: // push
      return control.emitPush();
    case 16: // pop
      return control.emitPop();
    case 17: // pushsegment
      return control.emitPushSegment();
    case 18: // popsegment
      return system.emitPopSegment();
    case 19: // system
      return system.emitSystem();
    case 20: // enter
      return control.emitEnter();
    case 21: // leave
      return control.emitLeave();
    case 22: // jcc
      return control.emitJcc();
    case 23: // jmp
      return control.emitJmp();
    case 24: // call
      return control.emitCall();
    case 25: // ret
      return control.emitRet();
    case 26: // callindirect
      return control.emitCallIndirect();
    case 27: // jmpindirect
      return control.emitJmpIndirect();
    case 28: // loop
      return control.emitLoop();
    case 29: // far
      return system.emitFar();
    case 30: // farmemory
      return system.emitFarMemory();
    case 31: // bound
      return system.emitBound();
    case 32: // string
      return system.emitString();
    case 33: // decimal
      return data.emitDecimal();
    case 34: // touch
      return data.emitTouch();
    case 35: // port
      return system.emitPort();
    case 36: // fromsegment
      return system.emitFromSegment();
    case 37: // tosegment
      return system.emitToSegment();
    case 38: // loadfar
      return system.emitLoadFar();
    case 39: // x87
      return x87.emitX87();
    case 40: // checked
      return system.emitChecked();
    case 41: // checkedstore
      return system.emitCheckedStore();
    case 42: // undefined
      return system.emitUndefined();
    case 43: // control
      return system.emitControl();
    case 44: // base
      return system.emitBase();
    case 45: // vectormove
      return vector.emitVectorMove();
    case 46: // scalarload
      return vector.emitScalarLoad();
    case 47: // scalarmove
      return vector.emitScalarMove();
    case 48: // halfmove
      return vector.emitHalfMove();
    case 49: // toscalar
      return vector.emitToScalar();
    case 50: // fromscalar
      return vector.emitFromScalar();
    case 51: // lowmove
      return vector.emitLowMove();
    case 52: // mmxtovector
      return mmx.emitMmxToVector();
    case 53: // mmxmove
      return mmx.emitMmxMove();
    case 54: // emms
      return mmx.emitEmms();
    case 55: // maskmove
      return mmx.emitMaskMove();
    case 56: // vector
      return vector.emitVector();
    case 57: // mmx
      return mmx.emitMmx();
    case 58: // mmxpair
      return mmx.emitMmxPair();
    case 59: // mmxhigh
      return mmx.emitMmxHigh();
    case 60: // vectorshift
      return vector.emitVectorShift();
    case 61: // mmxshift
      return mmx.emitMmxShift();
    case 62: // mmxread
      return mmx.emitMmxRead();
    case 63: // ps
      return vector.emitPs();
    case 64: // pd
      return vector.emitPd();
    case 65: // ss
      return vector.emitSs();
    case 66: // sd
      return vector.emitSd();
    case 67: // mmxsource
      return mmx.emitMmxSource();
    case 68: // frominteger
      return vector.emitFromInteger();
    case 69: // mmxresult
      return mmx.emitMmxResult();
    case 70: // controlload
      return vector.emitControlLoad();
    case 71: // controlstore
      return vector.emitControlStore();
    case 72: // insertlane
      return vector.emitInsertLane();
    case 73: // lanestore
      return vector.emitLaneStore();
    case 74: // insertgeneral
      return vector.emitInsertGeneral();
    case 75: // comparetext
      return vector.emitCompareText();
    case 76: // three
      return data.emitThree();
    case 77: // mulx
      return data.emitMulx();
    default:
      unreachable();
  }
}
