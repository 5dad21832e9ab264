/** What CloudFormation hands to a custom resource. Source: CloudFormation user guide, "Custom resource request objects". */
export interface CustomResourceEvent {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly RequestId: string;
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly LogicalResourceId: string;
  readonly PhysicalResourceId?: string;
  /** Every scalar is a text, whatever the template says. */
  readonly ResourceProperties: Readonly<Record<string, unknown>>;
  readonly OldResourceProperties?: Readonly<Record<string, unknown>>;
  /** Added by the first of several runs that work on one request: when it began, milliseconds since 1970. */
  readonly StartedAt?: number;
  /** What the run before this one wants it to know. */
  readonly State?: string;
}

/** What is put to the event's `ResponseURL`. */
export interface CustomResourceResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  readonly Data?: Readonly<Record<string, string>>;
}

/** A request that is done, or one that needs another run. */
export type Outcome =
  | { readonly done: true; readonly physicalResourceId: string; readonly data?: Readonly<Record<string, string>> }
  | { readonly done: false; readonly state?: string };

/** Time as a program in the account sees it; tests have their own. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** How much time there is. */
export interface Turn {
  readonly clock: Clock;
  /** When the request was first seen, milliseconds since 1970: before this run, where several work on it. */
  readonly startedAt: number;
  /** When this run must have ended, milliseconds since 1970. */
  readonly deadline: number;
}

/** A custom resource: makes of one request an outcome, or throws what CloudFormation is told as the reason. */
export type CustomResource = (event: CustomResourceEvent, turn: Turn) => Promise<Outcome>;

/** What a run does to the world. */
export interface CustomResourcePorts {
  readonly clock: Clock;
  respond(url: string, response: CustomResourceResponse): Promise<void>;
  /** Has another run go on with the event. */
  goOn(event: CustomResourceEvent): Promise<void>;
}
