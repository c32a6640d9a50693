/** Raised for a model folder that cannot be used; the message says what was expected and what to do. */
export class ModelFolderError extends Error {
  override readonly name = 'ModelFolderError';
  readonly code:
    | 'missing'
    | 'pickle-only'
    | 'bad-config'
    | 'unsupported-model-type'
    | 'missing-tensor'
    | 'shape-mismatch'
    | 'tokenizer-mismatch'
    | 'not-a-model';
  readonly folder: string;

  constructor(code: ModelFolderError['code'], folder: string, message: string) {
    super(`${folder}: ${message}`);
    this.code = code;
    this.folder = folder;
  }
}
