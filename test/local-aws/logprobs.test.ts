import { InvokeEndpointCommand, InvokeEndpointWithResponseStreamCommand } from '@aws-sdk/client-sagemaker-runtime';
import { createConfig, createEndpoint, GGUF, ggufContainer, startTestAws, upload, type TestAws } from './support';

interface Entry {
  readonly id: number;
  readonly token: string;
  readonly logprob: number;
}

describe('log-probabilities of an endpoint of the local AWS', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await upload(aws, { 'q8/model.gguf': GGUF.Q8_0 });
    await createConfig(aws, 'q8', ggufContainer('q8/'));
    await createEndpoint(aws, 'q8', 'q8');
  });
  afterAll(() => aws?.stop());

  const request = (more: object) => ({
    EndpointName: 'q8',
    ContentType: 'application/json',
    Body: Buffer.from(
      JSON.stringify({
        messages: [{ role: 'user', content: 'It was a dark and stormy night' }],
        max_tokens: 8,
        temperature: 0,
        ...more,
      }),
    ),
  });
  const ask = async (more: object) => {
    const answer = await aws.runtime.send(new InvokeEndpointCommand(request(more)));
    return JSON.parse(Buffer.from(answer.Body!).toString('utf8'));
  };

  test('come with every token of the answer when they are asked for, the likeliest first', async () => {
    const { choices } = await ask({ logprobs: true, top_logprobs: 5 });
    const content: (Entry & { top_logprobs: Entry[] })[] = choices[0].logprobs.content;
    expect(content.map(({ token }) => token).join('')).toBe(choices[0].message.content);
    for (const { id, logprob, top_logprobs: top } of content) {
      expect(top).toHaveLength(5);
      expect(top[0]).toMatchObject({ id, logprob });
      expect(top.map((entry) => entry.logprob)).toEqual(top.map((entry) => entry.logprob).sort((a, b) => b - a));
      expect(top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0)).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  test('change nothing about the answer, and stay away when nobody asks', async () => {
    const [plain, told] = [await ask({}), await ask({ logprobs: true })];
    expect(told.choices[0].message).toEqual(plain.choices[0].message);
    expect(told.choices[0].logprobs.content[0].top_logprobs).toHaveLength(20);
    expect(plain.choices[0].logprobs).toBeUndefined();
  });

  test('are streamed with their token', async () => {
    const command = new InvokeEndpointWithResponseStreamCommand(
      request({ logprobs: true, top_logprobs: 2, stream: true }),
    );
    const answer = await aws.runtime.send(command);
    let text = '';
    for await (const event of answer.Body!) text += Buffer.from(event.PayloadPart!.Bytes!).toString('utf8');
    const tokens = text
      .split('\n\n')
      .filter((event) => event.startsWith('data: {'))
      .flatMap((event) => JSON.parse(event.slice('data: '.length)).choices[0].logprobs?.content ?? []);
    const { choices } = await ask({ logprobs: true, top_logprobs: 2 });
    expect(tokens).toEqual(choices[0].logprobs.content);
  });

  test('top_logprobs without logprobs is refused, as llama-server refuses it', async () => {
    await expect(ask({ top_logprobs: 5 })).rejects.toMatchObject({
      name: 'ModelError',
      OriginalMessage: expect.stringContaining('top_logprobs requires logprobs'),
    });
  });
});
