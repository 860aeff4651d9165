// A compiler for the model of stopping and resuming (model.ts): functions of the core and of the metal platform, as they stand in their
// files, become code for a small stack machine, whose states can be copied and compared. An access of shared memory is an
// instruction of its own, between two of which other CPUs may have their turn.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../../..");

/** Instructions; those from LOAD on are seen by other CPUs. */
export const PUSH = 0;
export const GET = 1;
export const SET = 2;
export const POP = 3;
export const JUMP = 4;
export const JUMP_UNLESS = 5;
export const OPERATE = 6;
export const CALL = 7;
export const RETURN = 8;
/** A member of the world, which other CPUs do not notice. */
export const ASK = 9;
/** An access of a field that only the owner has, or whoever has stopped it. */
export const LOAD_OWN = 10;
export const STORE_OWN = 11;
export const LOAD = 12;
export const STORE = 13;
/** A member of the world that others notice, or that waits. */
export const ACT = 14;

/** Operation, and up to two operands. */
export type Instruction = readonly [operation: number, operand: number | string, count: number];

export interface Code {
  name: string;
  parameters: number;
  instructions: Instruction[];
}

const OPERATORS = new Map<ts.SyntaxKind, string>([
  [ts.SyntaxKind.PlusToken, "+"],
  [ts.SyntaxKind.MinusToken, "-"],
  [ts.SyntaxKind.AsteriskToken, "*"],
  [ts.SyntaxKind.AmpersandToken, "&"],
  [ts.SyntaxKind.BarToken, "|"],
  [ts.SyntaxKind.LessThanLessThanToken, "<<"],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "==="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.LessThanToken, "<"],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">="],
]);

/** What the compiled text calls beyond itself: `local` members nobody else notices, `acting` ones do. */
export interface Members {
  local: ReadonlySet<string>;
  acting: ReadonlySet<string>;
  /** Fields of CPUs that several use without the lock; all others are their owner's. */
  shared: ReadonlySet<string>;
}

/** A place for each field's name, one layout for all classes. */
export class Layout {
  /** stop.ts has a CPU's request at its address. */
  private readonly fields = new Map([["request", 0]]);

  at(field: string): number {
    const known = this.fields.get(field) ?? this.fields.size;
    this.fields.set(field, known);
    return known;
  }
}

/** Texts of files of the tree, or of `changes` in their place; then functions of the model's own. */
export class Program {
  readonly code = new Map<string, Code>();
  private readonly functions = new Map<string, ts.FunctionDeclaration>();
  private readonly constants = new Map<string, ts.Expression>();
  private readonly imported = new Set<string>();

  readonly members: Members;
  readonly layout: Layout;

  constructor(
    files: readonly string[],
    own: string,
    members: Members,
    layout: Layout,
    changes: ReadonlyMap<string, string> = new Map(),
  ) {
    this.members = members;
    this.layout = layout;
    for (const file of files)
      this.read(file, changes.get(file) ?? readFileSync(join(ROOT, file), "utf8"));
    this.read("own.ts", own);
  }

  private read(name: string, text: string): void {
    const source = ts.createSourceFile(name, text, ts.ScriptTarget.ES2022, true);
    for (const statement of source.statements) {
      const bindings = ts.isImportDeclaration(statement) && statement.importClause?.namedBindings;
      if (bindings && ts.isNamedImports(bindings))
        for (const one of bindings.elements) this.imported.add(one.name.text);
      if (ts.isFunctionDeclaration(statement) && statement.body && statement.name)
        this.functions.set(statement.name.text, statement);
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name: constant, initializer } of statement.declarationList.declarations)
        if (initializer && ts.isIdentifier(constant))
          this.constants.set(constant.text, initializer);
    }
  }

  /** The code of function `name`, compiled when it is asked for first. */
  function(name: string): Code {
    const known = this.code.get(name);
    if (known) return known;
    const declaration = this.functions.get(name);
    if (!declaration) throw new Error(`the model has no function ${name}`);
    const code: Code = { name, parameters: declaration.parameters.length, instructions: [] };
    this.code.set(name, code);
    new Compiler(this, code, declaration).compile();
    for (const [operation, operand] of code.instructions)
      if (operation === CALL) this.function(operand as string);
    return code;
  }

  /** What the constant is; null for one of a file that is not read. */
  constant(name: string): ts.Expression | null {
    const known = this.constants.get(name);
    if (known) return known;
    if (!this.imported.has(name)) throw new Error(`the model knows no ${name}`);
    return null;
  }
}

class Compiler {
  private readonly locals = new Map<string, number>();

  private readonly program: Program;
  private readonly code: Code;
  private readonly declaration: ts.FunctionDeclaration;

  constructor(program: Program, code: Code, declaration: ts.FunctionDeclaration) {
    this.program = program;
    this.code = code;
    this.declaration = declaration;
    for (const { name } of declaration.parameters)
      this.locals.set((name as ts.Identifier).text, this.locals.size);
  }

  compile(): void {
    this.statement(this.declaration.body!);
    this.emit(PUSH, 0);
    this.emit(RETURN);
  }

  private get here(): number {
    return this.code.instructions.length;
  }

  private emit(operation: number, operand: number | string = 0, count = 0): number {
    this.code.instructions.push([operation, operand, count]);
    return this.here - 1;
  }

  private target(jump: number, at = this.here): void {
    this.code.instructions[jump] = [this.code.instructions[jump]![0], at, 0];
  }

  private fail(node: ts.Node): never {
    throw new Error(`the model cannot compile: ${node.getText()}, in ${this.code.name}`);
  }

  private statement(node: ts.Statement): void {
    if (ts.isBlock(node)) for (const one of node.statements) this.statement(one);
    else if (ts.isVariableStatement(node)) this.variables(node.declarationList);
    else if (ts.isExpressionStatement(node)) this.discard(node.expression);
    else if (ts.isIfStatement(node)) this.branch(node);
    else if (ts.isReturnStatement(node)) {
      if (node.expression) this.expression(node.expression);
      else this.emit(PUSH, 0);
      this.emit(RETURN);
    } else if (ts.isWhileStatement(node)) this.loop(node.expression, node.statement);
    else if (ts.isForStatement(node)) this.forLoop(node);
    else if (ts.isDoStatement(node)) {
      const start = this.here;
      this.statement(node.statement);
      this.expression(node.expression);
      const end = this.emit(JUMP_UNLESS);
      this.emit(JUMP, start);
      this.target(end);
    } else if (ts.isContinueStatement(node) || !ts.isEmptyStatement(node)) this.fail(node);
  }

  private variables(list: ts.VariableDeclarationList): void {
    for (const { name, initializer } of list.declarations) {
      const local = this.locals.get((name as ts.Identifier).text) ?? this.locals.size;
      this.locals.set((name as ts.Identifier).text, local);
      this.expression(initializer!);
      this.emit(SET, local);
    }
  }

  private branch(node: ts.IfStatement): void {
    this.expression(node.expression);
    const otherwise = this.emit(JUMP_UNLESS);
    this.statement(node.thenStatement);
    if (!node.elseStatement) {
      this.target(otherwise);
      return;
    }
    const end = this.emit(JUMP);
    this.target(otherwise);
    this.statement(node.elseStatement);
    this.target(end);
  }

  private loop(condition: ts.Expression | undefined, body: ts.Statement, step?: ts.Expression) {
    const start = this.here;
    let end = -1;
    if (condition) {
      this.expression(condition);
      end = this.emit(JUMP_UNLESS);
    }
    this.continuable(body);
    if (step) this.discard(step);
    this.emit(JUMP, start);
    if (end >= 0) this.target(end);
  }

  /** The body of a loop, where `if (…) continue;` may stand among its statements. */
  private continuable(body: ts.Statement): void {
    const statements = ts.isBlock(body) ? [...body.statements] : [body];
    const skips: number[] = [];
    for (const one of statements) {
      if (ts.isIfStatement(one) && ts.isContinueStatement(one.thenStatement)) {
        this.expression(one.expression);
        const stay = this.emit(JUMP_UNLESS);
        skips.push(this.emit(JUMP));
        this.target(stay);
      } else this.statement(one);
    }
    for (const skip of skips) this.target(skip);
  }

  private forLoop(node: ts.ForStatement): void {
    if (node.initializer && ts.isVariableDeclarationList(node.initializer))
      this.variables(node.initializer);
    this.loop(node.condition, node.statement, node.incrementor);
  }

  private discard(node: ts.Expression): void {
    if (this.assignment(node)) return;
    this.expression(node);
    this.emit(POP);
  }

  /** x = y, x += y, x++ as a statement; returns false for anything else. */
  private assignment(node: ts.Expression): boolean {
    if (ts.isPostfixUnaryExpression(node)) {
      this.expression(node.operand);
      this.emit(PUSH, 1);
      this.emit(OPERATE, "+", 2);
      this.assign(node.operand);
      return true;
    }
    if (!ts.isBinaryExpression(node)) return false;
    if (node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      this.expression(node.right);
      this.assign(node.left);
      return true;
    }
    return false;
  }

  /** Takes a value from the stack. */
  private assign(to: ts.Expression): void {
    if (ts.isIdentifier(to)) {
      this.emit(SET, this.locals.get(to.text) ?? this.fail(to));
      return;
    }
    if (!ts.isPropertyAccessExpression(to)) this.fail(to);
    this.address(to);
    this.emit(this.isShared(to) ? STORE : STORE_OWN);
  }

  private isShared(node: ts.PropertyAccessExpression): boolean {
    return this.program.members.shared.has(node.name.text);
  }

  private address(node: ts.PropertyAccessExpression): void {
    this.expression(node.expression);
    this.emit(PUSH, this.program.layout.at(node.name.text));
    this.emit(OPERATE, "+", 2);
  }

  private expression(node: ts.Expression): void {
    if (ts.isParenthesizedExpression(node) || ts.isTypeAssertionExpression(node))
      this.expression(node.expression);
    else if (ts.isNumericLiteral(node)) this.emit(PUSH, Number(node.text.replaceAll("_", "")));
    else if (ts.isStringLiteral(node)) this.emit(PUSH, 0);
    else if (node.kind === ts.SyntaxKind.TrueKeyword) this.emit(PUSH, 1);
    else if (node.kind === ts.SyntaxKind.FalseKeyword || node.kind === ts.SyntaxKind.NullKeyword)
      this.emit(PUSH, 0);
    else if (ts.isIdentifier(node)) this.name(node);
    else if (ts.isPrefixUnaryExpression(node)) this.prefix(node);
    else if (ts.isBinaryExpression(node)) this.binary(node);
    else if (ts.isConditionalExpression(node)) this.conditional(node);
    else if (ts.isCallExpression(node)) this.call(node);
    else if (ts.isPropertyAccessExpression(node)) {
      this.address(node);
      this.emit(this.isShared(node) ? LOAD : LOAD_OWN);
    } else this.fail(node);
  }

  private name(node: ts.Identifier): void {
    const local = this.locals.get(node.text);
    if (local !== undefined) {
      this.emit(GET, local);
      return;
    }
    const constant = this.program.constant(node.text);
    // Numbers of abi/ only tell things apart; memory.data is a word of everyone's.
    if (!constant) this.emit(PUSH, 0);
    else if (ts.isCallExpression(constant))
      this.emit(PUSH, this.program.layout.at(`static ${node.text}`));
    else this.expression(constant);
  }

  private prefix(node: ts.PrefixUnaryExpression): void {
    this.expression(node.operand);
    if (node.operator === ts.SyntaxKind.ExclamationToken) this.emit(OPERATE, "!", 1);
    else if (node.operator === ts.SyntaxKind.TildeToken) this.emit(OPERATE, "~", 1);
    else this.fail(node);
  }

  private binary(node: ts.BinaryExpression): void {
    const kind = node.operatorToken.kind;
    this.expression(node.left);
    const isAnd = kind === ts.SyntaxKind.AmpersandAmpersandToken;
    if (isAnd || kind === ts.SyntaxKind.BarBarToken) {
      if (!isAnd) this.emit(OPERATE, "!", 1);
      const short = this.emit(JUMP_UNLESS);
      this.expression(node.right);
      const end = this.emit(JUMP);
      this.target(short);
      this.emit(PUSH, isAnd ? 0 : 1);
      this.target(end);
      return;
    }
    this.expression(node.right);
    this.emit(OPERATE, OPERATORS.get(kind) ?? this.fail(node), 2);
  }

  private conditional(node: ts.ConditionalExpression): void {
    this.expression(node.condition);
    const otherwise = this.emit(JUMP_UNLESS);
    this.expression(node.whenTrue);
    const end = this.emit(JUMP);
    this.target(otherwise);
    this.expression(node.whenFalse);
    this.target(end);
  }

  private call(node: ts.CallExpression): void {
    const callee = node.expression;
    const name = ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText();
    if (name === "changetype") {
      this.expression(node.arguments[0]!);
      return;
    }
    if (name === "offsetof") {
      const field = (node.arguments[0] as ts.StringLiteral).text;
      this.emit(PUSH, this.program.layout.at(field));
      return;
    }
    if (name === "storeRelease" || name === "store") {
      this.expression(node.arguments[1]!);
      this.expression(node.arguments[0]!);
      this.emit(STORE);
      this.emit(PUSH, 0);
      return;
    }
    if (name === "loadAcquire" || name === "load") {
      this.expression(node.arguments[0]!);
      this.emit(LOAD);
      return;
    }
    for (const argument of node.arguments) this.expression(argument);
    const count = node.arguments.length;
    if (this.program.members.acting.has(name)) this.emit(ACT, name, count);
    else if (this.program.members.local.has(name)) this.emit(ASK, name, count);
    else this.emit(CALL, name, count);
  }
}
