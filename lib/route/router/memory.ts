import type { RouterWorld } from './ports';

/** Conversations of which it is remembered that they were handed to a larger tier. */
const REMEMBERED = 10_000;

/** A store that is slower than this is not waited for: the request matters more than its tier. */
const STORE_TIMEOUT_MS = 250;

/**
 * Which tier a conversation has reached, the least recently seen forgotten first. Holds digests, no text.
 *
 * The memory of one execution environment, before a store for all of them if there is one. What the classifier makes of a
 * conversation needs no memory: each request brings all of the conversation along, from which it follows anew.
 */
export class ConversationMemory {
  private readonly tiers = new Map<string, number>();

  constructor(
    private readonly names: readonly string[],
    private readonly world: Pick<RouterWorld, 'conversations' | 'setTimer'>,
  ) {}

  /** The tier that a conversation was handed to, by this environment or any; 0 where nothing is known. */
  async reached(conversation: string): Promise<number> {
    const own = this.own(conversation);
    const { conversations, setTimer } = this.world;
    if (own > 0 || conversations === undefined) return own;
    let clear: () => void = () => undefined;
    const late = new Promise<undefined>((resolve) => {
      clear = setTimer(() => resolve(undefined), STORE_TIMEOUT_MS);
    });
    try {
      const tier = await Promise.race([conversations.reached(conversation).catch(() => undefined), late]);
      return Math.max(0, tier === undefined ? 0 : this.names.indexOf(tier));
    } finally {
      clear();
    }
  }

  /** Never fails: what is not kept is found out anew. */
  async remember(conversation: string, tier: number): Promise<void> {
    const highest = Math.max(tier, this.own(conversation));
    this.tiers.delete(conversation);
    this.tiers.set(conversation, highest);
    if (this.tiers.size > REMEMBERED) this.tiers.delete(this.tiers.keys().next().value!);
    await this.world.conversations?.remember(conversation, this.names[tier], tier).catch(() => undefined);
  }

  private own(conversation: string): number {
    const tier = this.tiers.get(conversation);
    if (tier === undefined) return 0;
    this.tiers.delete(conversation);
    this.tiers.set(conversation, tier);
    return tier;
  }
}
