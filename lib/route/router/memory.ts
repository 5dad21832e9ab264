/** Conversations of which it is remembered that they were handed to a larger tier. */
const REMEMBERED = 10_000;

/**
 * Which tier a conversation has reached, the least recently seen forgotten first. Holds digests, no text.
 *
 * The memory of one execution environment. What the classifier makes of a conversation needs no memory: each request
 * brings all of the conversation along, from which it follows anew.
 */
export class ConversationMemory {
  private readonly tiers = new Map<string, number>();

  reached(conversation: string): number {
    const tier = this.tiers.get(conversation);
    if (tier === undefined) return 0;
    this.tiers.delete(conversation);
    this.tiers.set(conversation, tier);
    return tier;
  }

  remember(conversation: string, tier: number): void {
    const highest = Math.max(tier, this.reached(conversation));
    this.tiers.delete(conversation);
    this.tiers.set(conversation, highest);
    if (this.tiers.size > REMEMBERED) this.tiers.delete(this.tiers.keys().next().value!);
  }
}
