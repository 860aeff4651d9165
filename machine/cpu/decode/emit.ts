// From a parsed instruction to its records: one emitter per row (instructions.txt, "action").

import * as e from "../emitters.ts";
import { ROW_EMITTER } from "../emitters.ts";
import * as control from "./emit-control.ts";
import * as data from "./emit-data.ts";
import * as mmx from "./emit-mmx.ts";
import * as vector from "./emit-vector.ts";
import * as x87 from "./emit-x87.ts";
import { D_ROW, field } from "./fields.ts";

/** Emits the records of the instruction at hand. */
export function emitInstruction(): void {
  switch (<u32>load<u8>(field(D_ROW), ROW_EMITTER)) {
    case e.EMIT_GENERIC:
      return data.emitGeneric();
    case e.EMIT_IMUL3:
      return data.emitImul3();
    case e.EMIT_DOUBLE:
      return data.emitDouble();
    case e.EMIT_MOVE:
      return data.emitMove();
    case e.EMIT_EXTEND:
      return data.emitExtend();
    case e.EMIT_CONDITION:
      return data.emitCondition();
    case e.EMIT_NOP:
      return;
    case e.EMIT_EXCHANGE:
      return data.emitExchange();
    case e.EMIT_LEA:
      return data.emitLea();
    case e.EMIT_XLAT:
      return data.emitXlat();
    case e.EMIT_CONVERT:
      return data.emitConvert();
    case e.EMIT_BITS:
      return data.emitBits();
    case e.EMIT_SWAP:
      return data.emitSwap();
    case e.EMIT_TOUCH:
      return data.emitTouch();
    case e.EMIT_DECIMAL:
      return data.emitDecimal();
    case e.EMIT_MEMORY:
      return control.emitMemory();
    case e.EMIT_PUSH:
      return control.emitPush();
    case e.EMIT_POP:
      return control.emitPop();
    case e.EMIT_PUSHSEGMENT:
      return control.emitPushSegment();
    case e.EMIT_POPSEGMENT:
      return control.emitPopSegment();
    case e.EMIT_SYSTEM:
      return control.emitSystem();
    case e.EMIT_ENTER:
      return control.emitEnter();
    case e.EMIT_LEAVE:
      return control.emitLeave();
    case e.EMIT_JCC:
      return control.emitJcc();
    case e.EMIT_JMP:
      return control.emitJmp();
    case e.EMIT_CALL:
      return control.emitCall();
    case e.EMIT_RET:
      return control.emitRet();
    case e.EMIT_CALLINDIRECT:
      return control.emitCallIndirect();
    case e.EMIT_JMPINDIRECT:
      return control.emitJmpIndirect();
    case e.EMIT_LOOP:
      return control.emitLoop();
    case e.EMIT_FAR:
      return control.emitFar();
    case e.EMIT_FARMEMORY:
      return control.emitFarMemory();
    case e.EMIT_BOUND:
      return control.emitBound();
    case e.EMIT_STRING:
      return control.emitString();
    case e.EMIT_PORT:
      return control.emitPort();
    case e.EMIT_FROMSEGMENT:
      return control.emitFromSegment();
    case e.EMIT_TOSEGMENT:
      return control.emitToSegment();
    case e.EMIT_LOADFAR:
      return control.emitLoadFar();
    case e.EMIT_CHECKED:
      return control.emitChecked();
    case e.EMIT_CHECKEDSTORE:
      return control.emitCheckedStore();
    case e.EMIT_CONTROL:
      return control.emitControl();
    case e.EMIT_BASE:
      return control.emitBase();
    case e.EMIT_VECTOR:
      return vector.emitVector();
    case e.EMIT_VECTORSHIFT:
      return vector.emitVectorShift();
    case e.EMIT_VECTORMOVE:
      return vector.emitVectorMove();
    case e.EMIT_SCALARLOAD:
      return vector.emitScalarLoad();
    case e.EMIT_SCALARMOVE:
      return vector.emitScalarMove();
    case e.EMIT_LOWMOVE:
      return vector.emitLowMove();
    case e.EMIT_HALFMOVE:
      return vector.emitHalfMove();
    case e.EMIT_TOSCALAR:
      return vector.emitToScalar();
    case e.EMIT_FROMSCALAR:
      return vector.emitFromScalar();
    case e.EMIT_MMX:
      return mmx.emitMmx();
    case e.EMIT_MMXSHIFT:
      return mmx.emitMmxShift();
    case e.EMIT_MMXPAIR:
      return mmx.emitMmxPair();
    case e.EMIT_MMXHIGH:
      return mmx.emitMmxHigh();
    case e.EMIT_MMXREAD:
      return mmx.emitMmxRead();
    case e.EMIT_MMXMOVE:
      return mmx.emitMmxMove();
    case e.EMIT_MMXTOVECTOR:
      return mmx.emitMmxToVector();
    case e.EMIT_EMMS:
      return mmx.emitEmms();
    case e.EMIT_MASKMOVE:
      return mmx.emitMaskMove();
    case e.EMIT_PS:
      return vector.emitFloat(0);
    case e.EMIT_PD:
      return vector.emitFloat(1);
    case e.EMIT_SS:
      return vector.emitFloat(2);
    case e.EMIT_SD:
      return vector.emitFloat(3);
    case e.EMIT_MMXSOURCE:
      return mmx.emitMmxSource();
    case e.EMIT_MMXRESULT:
      return mmx.emitMmxResult();
    case e.EMIT_FROMINTEGER:
      return vector.emitFromInteger();
    case e.EMIT_CONTROL32:
      return vector.emitControlLoad();
    case e.EMIT_STOREMXCSR:
      return vector.emitControlStore();
    case e.EMIT_X87:
      return x87.emitX87();
    case e.EMIT_INSERTLANE:
      return vector.emitInsertLane();
    case e.EMIT_LANESTORE:
      return vector.emitLaneStore();
    case e.EMIT_INSERTGENERAL:
      return vector.emitInsertGeneral();
    case e.EMIT_CRC:
      return data.emitCrc();
    case e.EMIT_COMPARETEXT:
      return vector.emitCompareText();
    case e.EMIT_THREE:
      return data.emitThree();
    case e.EMIT_MULX:
      return data.emitMulx();
    case e.EMIT_UNDEFINED:
      return control.emitUndefined();
    default:
      return control.emitUnimplemented();
  }
}
