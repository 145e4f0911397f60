/**
 * The part of AssemblyScript's syntax tree that the SDK touches. Declared here because the compiler's own types are a
 * program of their own; names and meanings are those of assemblyscript 0.28.
 * @module
 */

/** Offsets in the text of a source. */
export interface AstRange {
  readonly start: number;
  readonly end: number;
}

export interface AstNode {
  readonly range: AstRange;
}

export interface AstIdentifier extends AstNode {
  readonly text: string;
}

export interface AstType extends AstNode {
  readonly isNullable: boolean;
}

export interface AstDecorator extends AstNode {
  readonly name: { readonly text?: string };
}

export interface AstParameter extends AstNode {
  /** `ParameterKind` */
  readonly parameterKind: number;
  readonly name: AstIdentifier;
  readonly type: AstType;
  readonly initializer: AstNode | null;
}

export interface AstDeclaration extends AstNode {
  readonly name: AstIdentifier;
  readonly decorators: readonly AstDecorator[] | null;
  /** `CommonFlags` */
  flags: number;
}

export interface AstField extends AstDeclaration {
  readonly type: AstType | null;
  readonly initializer: AstNode | null;
  /** Place among the constructor's parameters, or -1. */
  readonly parameterIndex: number;
}

export interface AstFunction extends AstDeclaration {
  readonly signature: { readonly parameters: readonly AstParameter[]; readonly returnType: AstType };
}

export interface AstClass extends AstDeclaration {
  readonly members: AstDeclaration[];
}

export interface AstSource {
  readonly normalizedPath: string;
  /** Without `.ts`. */
  readonly internalPath: string;
  readonly text: string;
  readonly statements: AstNode[];
}

export interface AstParser {
  readonly sources: AstSource[];
  /** Internal paths of the files that have been parsed. */
  readonly donelog: Set<string>;
  parseFile(text: string, path: string, isEntry: boolean): void;
}

/** `ParameterKind.Default`; a parameter with an initializer is another. */
export const PARAMETER_PLAIN = 0;

/** `CommonFlags.Static`, `.Readonly`, `.DefinitelyAssigned` */
export const FLAG_STATIC = 1 << 5;
export const FLAG_READONLY = 1 << 6;
export const FLAG_DEFINITELY_ASSIGNED = 1 << 14;

export const isClass = (node: AstNode | undefined): node is AstClass => node !== undefined && "members" in node;
export const isFunction = (node: AstNode | undefined): node is AstFunction => node !== undefined && "signature" in node;
export const isField = (node: AstNode): node is AstField => "parameterIndex" in node;
