import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { conversationTable } from '../../lambda/router/conversations';
import { startTestAws, type TestAws } from './support';

describe('the table of conversations', () => {
  let aws: TestAws;

  beforeAll(async () => {
    aws = await startTestAws();
    await aws.client(DynamoDBClient).send(
      new CreateTableCommand({
        TableName: 'conversations',
        KeySchema: [{ AttributeName: 'conversation', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'conversation', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  });
  afterAll(() => aws?.stop());

  test('keeps the largest tier that a conversation was handed to', async () => {
    const store = conversationTable(aws.client(DynamoDBClient), { tableName: 'conversations', lifetimeSeconds: 60 });
    expect(await store.reached('a')).toBeUndefined();
    await store.remember('a', 'medium', 1);
    expect(await store.reached('a')).toBe('medium');
    await store.remember('a', 'large', 2);
    await store.remember('a', 'medium', 1);
    expect(await store.reached('a')).toBe('large');
    expect(await store.reached('b')).toBeUndefined();
  });

  test('that is gone is an error, which the router goes on without', async () => {
    const store = conversationTable(aws.client(DynamoDBClient), { tableName: 'gone', lifetimeSeconds: 60 });
    await expect(store.reached('a')).rejects.toThrow();
    await expect(store.remember('a', 'large', 2)).rejects.toThrow();
  });
});
