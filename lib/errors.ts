/**
 * Errors of this library: a stable id first, then what was got, what is allowed, and the fix.
 *
 * Everything that is wrong with *input* (a spec, a file, an option) is one of these; a `TypeError` reaching a
 * user is always a bug of ours.
 */
export interface ErrorDetails {
  /** The value that was given, as the user would recognize it. */
  readonly got?: string;
  /** The values that would have been accepted. */
  readonly allowed?: string;
  /** What to do next, as an instruction. */
  readonly fix?: string;
  /** Where: a JSON pointer into the spec (`/options/maxModelLen`), or a file path. */
  readonly path?: string;
  /** The error underneath, if another library raised one. */
  readonly cause?: unknown;
}

/** Base of every error this library raises on purpose. Usually a subclass is thrown. */
export class QuantizedEndpointsError extends Error {
  readonly id: string;
  readonly got?: string;
  readonly allowed?: string;
  readonly fix?: string;
  readonly path?: string;

  /**
   * @param id stable, greppable, SCREAMING_SNAKE_CASE; part of the public contract
   * @param message what went wrong, in the user's own terms, lower case, no final period
   */
  constructor(id: string, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.id = id;
    this.got = details.got;
    this.allowed = details.allowed;
    this.fix = details.fix;
    this.path = details.path;
  }
}

/** An endpoint spec that cannot be read: unknown key, wrong type, value out of range. */
export class SpecError extends QuantizedEndpointsError {}

/** A model's `config.json` that cannot be read. */
export class ModelConfigError extends QuantizedEndpointsError {}

/** What a {@link FormatError} says beside the usual: `path` is the file. */
export interface FormatErrorDetails extends ErrorDetails {
  /** The tensor at fault, as the file spells it. */
  readonly tensor?: string;
}

/** A weight file (safetensors, GGUF, index) that is malformed, truncated or hostile. */
export class FormatError extends QuantizedEndpointsError {
  readonly tensor?: string;

  constructor(id: string, message: string, details: FormatErrorDetails = {}) {
    super(id, message, details);
    this.tensor = details.tensor;
  }
}

/** A name that is not in our data: instance type, region, image version. */
export class UnknownNameError extends QuantizedEndpointsError {}

/** A quantization or simulation that cannot be carried out on these weights. */
export class SimulationError extends QuantizedEndpointsError {}
