import type { Answer } from '../answer';
import type { CapturedExchange } from '../captured';
import type { ChatMessage, MonitorPrompt } from '../prompts';
import type { MonitorView } from './view';

/** Files of the monitor, by key. */
export interface Store {
  read(key: string): Promise<{ readonly text: string; readonly tag?: string } | undefined>;
  /** @param ifTag write only if nobody wrote since that was read; null: only if there is nothing yet. False where somebody did. */
  write(key: string, text: string, contentType: string, ifTag?: string | null): Promise<boolean>;
}

export interface EndpointAddress {
  readonly endpointName: string;
  readonly inferenceComponentName?: string;
}

/** What serves under an endpoint's name. */
export interface Serving {
  readonly status: string;
  /** Configuration that answers, or that is about to; of an inference component its model too. */
  readonly configName: string;
  readonly updating: boolean;
}

/** What a monitor reaches outside itself. */
export interface Ports {
  readonly prompts: () => Promise<readonly MonitorPrompt[]>;
  readonly store: Store;
  readonly ask: (address: EndpointAddress, prompt: MonitorPrompt) => Promise<Answer>;
  /** The answer of the reference to a request as a user sent it. */
  readonly askRaw: (address: EndpointAddress, request: string) => Promise<Answer>;
  /** Undefined where there is no such endpoint. */
  readonly describe: (address: EndpointAddress) => Promise<Serving | undefined>;
  readonly createEndpoint: (endpointName: string, configName: string) => Promise<void>;
  readonly deleteEndpoint: (endpointName: string) => Promise<void>;
  readonly publish: (metrics: readonly Metric[]) => Promise<void>;
  readonly captured?: (since: Date, count: number) => Promise<readonly CapturedExchange[]>;
  /** 0 where the answer is better, 1 where the reference is. */
  readonly judge?: (question: readonly ChatMessage[], reference: string, answer: string) => Promise<number>;
  readonly embed?: (text: string) => Promise<readonly number[]>;
  readonly parsesJavaScript?: (source: string) => boolean;
  /** A page of the latest run. */
  readonly page: (view: MonitorView) => string;
  readonly now: () => Date;
  /** Whether there is time for another question. */
  readonly hasTime: () => boolean;
  /** Of what happened, never of what was asked or answered. */
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
}

export interface Metric {
  readonly name: string;
  readonly value: number;
  readonly unit: 'Count' | 'None' | 'Percent';
  readonly category?: string;
}
