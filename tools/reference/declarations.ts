// What TypeScript sources declare, with the comments on it: for pages that are made from them.
import ts from "typescript";

export interface Member {
  readonly name: string;
  readonly type: string;
  readonly optional: boolean;
  readonly comment: string;
}

/** An interface. */
export interface Declared {
  readonly name: string;
  readonly comment: string;
  readonly bases: readonly string[];
  readonly members: readonly Member[];
}

/** An exported function. */
export interface DeclaredFunction {
  readonly name: string;
  /** As they are written, on one line. */
  readonly parameters: string;
  readonly comment: string;
}

const parse = (source: string, file: string) =>
  ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);

const oneLine = (text: string) => text.replace(/\s+/g, " ").trim();

/** The documentation comment of a declaration, on one line. */
function commentOf(node: ts.Node): string {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return oneLine(docs.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").join(" "));
}

/** All interfaces of a source, in its order. */
export function declaredInterfaces(source: string, file: string): Declared[] {
  return parse(source, file)
    .statements.filter(ts.isInterfaceDeclaration)
    .map((node) => ({
      name: node.name.text,
      comment: commentOf(node),
      bases: (node.heritageClauses ?? []).flatMap(({ types }) =>
        types.map(({ expression }) => expression.getText()),
      ),
      members: node.members.filter(ts.isPropertySignature).map((member) => ({
        name: member.name.getText(),
        type: oneLine(member.type?.getText() ?? "unknown"),
        optional: member.questionToken !== undefined,
        comment: commentOf(member),
      })),
    }));
}

/** All type aliases of a source, in its order: they have no members. */
export function declaredTypes(source: string, file: string): Omit<Member, "optional">[] {
  return parse(source, file)
    .statements.filter(ts.isTypeAliasDeclaration)
    .map((node) => ({
      name: node.name.text,
      type: oneLine(node.type.getText()),
      comment: commentOf(node),
    }));
}

/** Exported functions: declared ones, and constants that are arrow functions. */
export function declaredFunctions(source: string, file: string): DeclaredFunction[] {
  return parse(source, file).statements.flatMap((node) => {
    const isExported =
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) return [];
    if (ts.isFunctionDeclaration(node) && node.name)
      return [{ name: node.name.text, parameters: parametersOf(node), comment: commentOf(node) }];
    if (!ts.isVariableStatement(node)) return [];
    return node.declarationList.declarations.flatMap(({ name, initializer }) =>
      initializer && ts.isArrowFunction(initializer)
        ? [
            {
              name: name.getText(),
              parameters: parametersOf(initializer),
              comment: commentOf(node),
            },
          ]
        : [],
    );
  });
}

function parametersOf({ parameters }: ts.SignatureDeclaration): string {
  const texts = parameters.map((parameter) => {
    const plain = parameter.getText().replace(/\/\*\*[\s\S]*?\*\//g, "");
    return oneLine(plain.replace(/\breadonly /g, "")).replace(/; \}/g, " }");
  });
  return `(${texts.join(", ")})`;
}

/** Exported tables (`export const NAME = { key: … }`): the comments on their keys, by key, by name. */
export function declaredTables(source: string, file: string): Map<string, Map<string, string>> {
  const tables = new Map<string, Map<string, string>>();
  for (const node of parse(source, file).statements) {
    if (!ts.isVariableStatement(node)) continue;
    for (const { name, initializer } of node.declarationList.declarations) {
      const value =
        initializer && ts.isAsExpression(initializer) ? initializer.expression : undefined;
      if (!value || !ts.isObjectLiteralExpression(value)) continue;
      const keys = value.properties.filter(ts.isPropertyAssignment);
      tables.set(
        name.getText(),
        new Map(keys.map((key) => [key.name.getText().replace(/"/g, ""), commentOf(key)])),
      );
    }
  }
  return tables;
}
