import { GetItemCommand, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ConversationStore } from '../../lib/route';

/** Conversations in a table that forgets them by itself. */
export function conversationTable(
  client: DynamoDBClient,
  { tableName, lifetimeSeconds }: { readonly tableName: string; readonly lifetimeSeconds: number },
): ConversationStore {
  return {
    async reached(conversation) {
      const { Item } = await client.send(
        new GetItemCommand({ TableName: tableName, Key: { conversation: { S: conversation } } }),
      );
      return Item?.tier?.S;
    },
    async remember(conversation, tier, rank) {
      const expires = Math.floor(Date.now() / 1000) + lifetimeSeconds;
      try {
        await client.send(
          new PutItemCommand({
            TableName: tableName,
            Item: {
              conversation: { S: conversation },
              tier: { S: tier },
              rank: { N: String(rank) },
              expires: { N: String(expires) },
            },
            ConditionExpression: 'attribute_not_exists(conversation) OR #rank <= :rank',
            ExpressionAttributeNames: { '#rank': 'rank' },
            ExpressionAttributeValues: { ':rank': { N: String(rank) } },
          }),
        );
      } catch (error) {
        // A larger tier is kept already.
        if ((error as Error).name !== 'ConditionalCheckFailedException') throw error;
      }
    },
  };
}
