import { parsePrompts, type Answer, type MonitorPrompt } from '../../lib/monitor';
import {
  monitorRun,
  monitorTick,
  TRAFFIC,
  type EndpointAddress,
  type Metric,
  type MonitorConfig,
  type MonitorView,
  type Ports,
} from '../../lib/monitor/operate';

const PROMPTS = parsePrompts(
  Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({ id: `p${i}`, category: i % 2 ? 'chat' : 'json', prompt: `question ${i}` }),
  ).join('\n'),
  'prompts.jsonl',
);

const CONFIG: MonitorConfig = {
  monitorName: 'monitor',
  namespace: 'Test',
  endpointName: 'quantized',
  reference: { kind: 'endpoint', endpointName: 'full' },
  setId: 'set1',
  baselineId: '1',
  promptsPerRun: 50,
  falseAlarmRate: 0.01,
  tolerance: 0.02,
  concurrency: 3,
};

/** An AWS in which models answer by a function. */
class World {
  files = new Map<string, { text: string; tag: string }>();
  endpoints = new Map<string, { status: string; config: string; updating?: boolean }>([
    ['quantized', { status: 'InService', config: 'c1' }],
    ['full', { status: 'InService', config: 'f' }],
  ]);
  metrics: Metric[][] = [];
  pages: MonitorView[] = [];
  asked: string[] = [];
  logged: string[] = [];
  questionsLeft = Infinity;
  minute = 0;
  answer: (endpoint: string, prompt: Pick<MonitorPrompt, 'id' | 'messages'>) => string = (_, prompt) =>
    `The answer to ${prompt.messages[0].content} is long enough to differ.`;
  private tags = 0;

  ports(more: Partial<Ports> = {}): Ports {
    return {
      prompts: async () => PROMPTS,
      store: {
        read: async (key) => this.files.get(key),
        write: async (key, text, _type, ifTag) => {
          const there = this.files.get(key);
          if (ifTag === null && there !== undefined) return false;
          if (typeof ifTag === 'string' && there?.tag !== ifTag) return false;
          this.files.set(key, { text, tag: String(++this.tags) });
          return true;
        },
      },
      ask: async (address, prompt) => this.ask(address, prompt),
      askRaw: async (address, request) => {
        const { messages } = JSON.parse(request) as Pick<MonitorPrompt, 'messages'>;
        return this.ask(address, { id: 'raw', messages });
      },
      describe: async ({ endpointName }) => {
        const endpoint = this.endpoints.get(endpointName);
        return (
          endpoint && { status: endpoint.status, configName: endpoint.config, updating: endpoint.updating === true }
        );
      },
      createEndpoint: async (name, config) => void this.endpoints.set(name, { status: 'Creating', config }),
      deleteEndpoint: async (name) => void this.endpoints.delete(name),
      publish: async (metrics) => void this.metrics.push([...metrics]),
      page: (view) => {
        this.pages.push(view);
        return 'page';
      },
      now: () => new Date(Date.UTC(2026, 0, 1, 0, this.minute++)),
      hasTime: () => this.questionsLeft-- > 0,
      log: (fields) => void this.logged.push(JSON.stringify(fields)),
      ...more,
    };
  }

  metric(name: string, category?: string): number | undefined {
    return this.metrics.at(-1)?.find((metric) => metric.name === name && metric.category === category)?.value;
  }

  private ask(address: EndpointAddress, prompt: Pick<MonitorPrompt, 'id' | 'messages'>): Answer {
    this.asked.push(address.endpointName);
    return { text: this.answer(address.endpointName, prompt), positions: [] };
  }
}

/** A model that lost its mind. */
const damaged: World['answer'] = (endpoint, { messages }) =>
  endpoint === 'full' ? `The answer to ${messages[0].content} is long enough to differ.` : 'mumble mumble';

async function accepted(config = CONFIG): Promise<World> {
  const world = new World();
  expect(await monitorRun(config, world.ports())).toMatchObject({ done: 'baseline' });
  return world;
}

describe('a quality monitor', () => {
  test('captures the reference once, takes the baseline, and finds nothing while nothing changes', async () => {
    const world = await accepted();
    expect(world.asked.filter((name) => name === 'full')).toHaveLength(40);
    // Each prompt twice.
    expect(world.asked.filter((name) => name === 'quantized')).toHaveLength(80);
    for (let i = 0; i < 5; i++) expect(await monitorRun(CONFIG, world.ports())).toMatchObject({ done: 'run' });
    expect(world.asked.filter((name) => name === 'full')).toHaveLength(40);
    expect(world.metric('DriftDetected')).toBe(0);
    expect(world.metric('Similarity')).toBe(1);
    expect(world.metric('Similarity', 'json')).toBe(1);
    expect(world.pages.at(-1)).toMatchObject({
      latest: { kind: 'run', alarm: false },
      detection: { prompts: expect.any(Number) },
    });
    expect([...world.files.keys()]).toEqual(
      expect.arrayContaining([
        'report.html',
        'history.json',
        'reference/set1.json',
        'baseline/set1/1.json',
        'state/set1/1/c1.json',
      ]),
    );
  });

  test('finds a damaged model in the first run after it, and says so', async () => {
    const world = await accepted();
    world.answer = damaged;
    const outcome = await monitorRun(CONFIG, world.ports());
    expect(outcome).toMatchObject({ done: 'run', summary: { alarm: true } });
    expect(world.metric('DriftDetected')).toBe(1);
    expect(world.metric('DriftEvidence')).toBeGreaterThan(100);
    expect(world.pages.at(-1)!.worst.length).toBeGreaterThan(0);
    expect(world.pages.at(-1)!.leading).toMatchObject({ figure: 'difference' });
  });

  test('watches an update while it is being made, under the configuration that comes; what serves again is well again', async () => {
    const world = await accepted();
    world.answer = damaged;
    world.endpoints.set('quantized', { status: 'Updating', config: 'c2', updating: true });
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ summary: { configName: 'c2', alarm: true } });
    // Rolled back.
    world.answer = new World().answer;
    world.endpoints.set('quantized', { status: 'InService', config: 'c1' });
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ summary: { configName: 'c1', alarm: false } });
    expect(world.metric('DriftDetected')).toBe(0);
    // Nothing is asked any more; the alarm is told again, or it would keep the worst of that minute.
    const published = world.metrics.length;
    const asked = world.asked.length;
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ done: 'nothing' });
    expect([world.metrics.length, world.asked.length]).toEqual([published + 1, asked]);
    expect(world.metrics.at(-1)!.map(({ name }) => name)).toEqual(['DriftEvidence', 'DriftDetected']);
  });

  test('takes no baseline from an endpoint that is being updated, nor from one that does not serve', async () => {
    const world = new World();
    world.endpoints.set('quantized', { status: 'Updating', config: 'c2', updating: true });
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ why: expect.stringContaining('no baseline') });
    world.endpoints.set('quantized', { status: 'Failed', config: 'c2' });
    expect(await monitorRun(CONFIG, world.ports())).toEqual({ done: 'nothing', why: 'the endpoint is Failed' });
    world.endpoints.delete('quantized');
    expect(await monitorRun(CONFIG, world.ports())).toEqual({ done: 'nothing', why: 'the endpoint is missing' });
    expect(world.metrics).toEqual([]);
  });

  test('makes a temporary reference endpoint, asks it when it serves, and deletes it', async () => {
    const world = new World();
    const config: MonitorConfig = {
      ...CONFIG,
      reference: { kind: 'temporary', endpointName: 'temp', endpointConfigName: 'bf16' },
    };
    expect(await monitorTick(config, world.ports())).toMatchObject({ done: 'nothing' });
    expect(world.endpoints.get('temp')).toEqual({ status: 'Creating', config: 'bf16' });
    expect(await monitorTick(config, world.ports())).toMatchObject({ done: 'nothing' });
    // No capacity: it is tried anew.
    world.endpoints.set('temp', { status: 'Failed', config: 'bf16' });
    await monitorTick(config, world.ports());
    expect(world.endpoints.has('temp')).toBe(false);
    await monitorTick(config, world.ports());
    world.endpoints.set('temp', { status: 'InService', config: 'bf16' });
    expect(await monitorTick(config, world.ports())).toMatchObject({ done: 'baseline' });
    expect(world.endpoints.has('temp')).toBe(false);
    expect(world.asked.filter((name) => name === 'temp')).toHaveLength(40);
  });

  test('goes on where time was over', async () => {
    const world = new World();
    world.questionsLeft = 15;
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ done: 'nothing' });
    world.questionsLeft = Infinity;
    expect(await monitorTick(CONFIG, world.ports())).toMatchObject({ done: 'baseline' });
    expect(world.asked.filter((name) => name === 'full')).toHaveLength(40);
  });

  test('a run that time cuts short still counts', async () => {
    const world = await accepted();
    world.questionsLeft = 5;
    expect(await monitorRun(CONFIG, world.ports())).toMatchObject({ summary: { prompts: 5 } });
  });

  test('failed prompts are counted and no evidence', async () => {
    const world = await accepted();
    const broken = world.ports({ ask: async () => Promise.reject(new Error('throttled')) });
    expect(await monitorRun(CONFIG, broken)).toMatchObject({ done: 'nothing' });
    let count = 0;
    const answer = world.ports().ask;
    const half = world.ports({
      ask: async (address, prompt) => (count++ % 2 ? answer(address, prompt) : Promise.reject(new Error('throttled'))),
    });
    expect(await monitorRun(CONFIG, half)).toMatchObject({ done: 'run', summary: { alarm: false } });
    expect(world.metric('FailedPrompts')).toBeGreaterThan(5);
  });

  test('two calls at once count one run', async () => {
    const world = await accepted();
    const outcomes = await Promise.all([monitorRun(CONFIG, world.ports()), monitorRun(CONFIG, world.ports())]);
    expect(outcomes.map(({ done }) => done).sort()).toEqual(['nothing', 'run']);
  });

  test('another prompt set or another accepted quality begins anew', async () => {
    const world = await accepted();
    world.answer = damaged;
    expect(await monitorRun({ ...CONFIG, baselineId: '2' }, world.ports())).toMatchObject({ done: 'baseline' });
    expect(await monitorRun({ ...CONFIG, baselineId: '2' }, world.ports())).toMatchObject({
      summary: { alarm: false },
    });
    expect(await monitorRun({ ...CONFIG, setId: 'set2' }, world.ports())).toMatchObject({ done: 'baseline' });
  });

  test('an endpoint that is as noisy as it was when it was accepted raises no alarm', async () => {
    const world = new World();
    let seed = 1;
    world.answer = (endpoint, { messages }) => {
      const sound = `The answer to ${messages[0].content} is long enough to differ.`;
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return endpoint === 'quantized' && seed % 5 === 0 ? `${sound} Or is it?` : sound;
    };
    await monitorRun(CONFIG, world.ports());
    for (let i = 0; i < 60; i++)
      expect(await monitorRun(CONFIG, world.ports())).toMatchObject({ summary: { alarm: false } });
  });

  test('captured traffic is compared and shown, and no evidence', async () => {
    const world = await accepted();
    const request = JSON.stringify({ messages: [{ role: 'user', content: 'What now?' }], stream: true });
    const captured = async () => [
      {
        id: 'e1',
        request,
        messages: [{ role: 'user', content: 'What now?' }],
        answer: JSON.stringify({ choices: [{ message: { content: 'mumble' } }] }),
      },
    ];
    const config = { ...CONFIG, capturedSamples: 5 };
    expect(await monitorRun(config, world.ports({ captured }))).toMatchObject({ summary: { alarm: false } });
    expect(world.metric('Similarity', TRAFFIC)).toBe(0);
  });

  test('a judge and embeddings are asked about answers that differ', async () => {
    const world = await accepted();
    world.answer = damaged;
    let judged = 0;
    const more = {
      judge: async () => {
        judged++;
        return 1;
      },
      embed: async (text: string) => (text.startsWith('mumble') ? [0, 1] : [1, 0]),
    };
    await monitorRun(CONFIG, world.ports(more));
    expect(judged).toBeGreaterThan(0);
    expect(world.metric('JudgeLoss')).toBe(1);
    expect(world.metric('EmbeddingDistance')).toBe(0.5);
  });

  test('a prompt set may bring its own references', async () => {
    const world = new World();
    const prompts = PROMPTS.map((prompt) => ({ ...prompt, reference: 'The one right answer.' }));
    const config: MonitorConfig = { ...CONFIG, reference: { kind: 'prompts' } };
    expect(await monitorRun(config, world.ports({ prompts: async () => prompts }))).toMatchObject({ done: 'baseline' });
    expect(world.asked).not.toContain('full');
  });

  test('the log holds no text of prompts or answers', async () => {
    const world = await accepted();
    world.answer = damaged;
    await monitorRun(CONFIG, world.ports());
    expect(world.logged.join()).not.toMatch(/mumble|question|answer to/);
  });
});
