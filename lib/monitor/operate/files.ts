import type { Answer } from '../answer';
import type { Baseline, DriftState } from '../drift';
import type { MonitorConfig } from './config';
import type { Store } from './ports';
import type { RunSummary } from './view';

const JSON_TYPE = 'application/json';

/** Answers at full precision, as far as they have been captured. */
export interface ReferenceFile {
  readonly complete: boolean;
  readonly answers: Readonly<Record<string, Answer>>;
}

export interface BaselineFile {
  readonly at: string;
  readonly configName: string;
  readonly baseline: Baseline;
}

export interface Tagged<T> {
  readonly value: T;
  readonly tag?: string;
}

/** A monitor's files: what each is called and holds. */
export class MonitorFiles {
  constructor(
    private readonly store: Store,
    private readonly config: MonitorConfig,
  ) {}

  readReference(): Promise<Tagged<ReferenceFile> | undefined> {
    return this.read(`reference/${this.config.setId}.json`);
  }

  writeReference(reference: ReferenceFile): Promise<boolean> {
    return this.write(`reference/${this.config.setId}.json`, reference);
  }

  readBaseline(): Promise<Tagged<BaselineFile> | undefined> {
    return this.read(this.baselineKey());
  }

  /** Whoever comes first decides what is accepted. */
  writeBaseline(baseline: BaselineFile): Promise<boolean> {
    return this.write(this.baselineKey(), baseline, null);
  }

  readState(configName: string): Promise<Tagged<DriftState> | undefined> {
    return this.read(this.stateKey(configName));
  }

  /** @param tag of the state that this one follows; undefined where it is the first */
  writeState(configName: string, state: DriftState, tag: string | undefined): Promise<boolean> {
    return this.write(this.stateKey(configName), state, tag ?? null);
  }

  readHistory(): Promise<Tagged<readonly RunSummary[]> | undefined> {
    return this.read('history.json');
  }

  writeHistory(history: readonly RunSummary[]): Promise<boolean> {
    return this.write('history.json', history);
  }

  writeRun(at: string, run: object): Promise<boolean> {
    return this.write(`runs/${at.replace(/[:.]/g, '-')}.json`, run);
  }

  writePage(page: string): Promise<boolean> {
    return this.store.write('report.html', page, 'text/html; charset=utf-8');
  }

  private baselineKey(): string {
    return `baseline/${this.config.setId}/${this.config.baselineId}.json`;
  }

  private stateKey(configName: string): string {
    return `state/${this.config.setId}/${this.config.baselineId}/${configName}.json`;
  }

  private async read<T>(key: string): Promise<Tagged<T> | undefined> {
    const file = await this.store.read(key);
    return file && { value: JSON.parse(file.text) as T, tag: file.tag };
  }

  private write(key: string, value: object, ifTag?: string | null): Promise<boolean> {
    return this.store.write(key, JSON.stringify(value), JSON_TYPE, ifTag);
  }
}
