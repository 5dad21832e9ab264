import { SpecError } from '../../lib/errors';
import {
  CHOICE_ARCHITECTURES,
  CHOICE_GOALS,
  CHOICE_QUALITIES,
  choose as chooseFor,
  type Choice,
  type ChoiceArchitecture,
  type ChoiceGoal,
  type ChoiceQuality,
} from '../../lib/recommend';
import { nearestNames } from '../../lib/text/nearest';
import { ExitStatus } from '../exit-status';
import type { Terminal } from '../terminal';

const GOALS: Readonly<Record<ChoiceGoal, string>> = {
  simplest: 'the simplest deployment with the least code',
  cost: 'the lowest cost for a stable workload',
  flexibility: 'the highest flexibility',
  edge: 'local tests, CPUs or the edge',
};
const ARCHITECTURES: Readonly<Record<ChoiceArchitecture, string>> = {
  decoder: 'decoder only: Llama, Qwen, Mistral…',
  'encoder-decoder': 'encoder and decoder: T5, BART…',
  multimodal: 'multimodal: images, audio or video too',
};
const QUALITIES: Readonly<Record<ChoiceQuality, string>> = {
  high: 'quality first: nothing below 8 bits',
  balanced: '8 bits first, 4 where they prove good enough',
  small: 'as small as possible',
};

/** `qe choose`: the guide's chooser, by options or asked in the terminal. */
export async function choose(
  _args: readonly string[],
  options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const goal = given('goal', options.goal, CHOICE_GOALS);
  const architecture = given('architecture', options.architecture, CHOICE_ARCHITECTURES);
  const quality = given('quality', options.quality, CHOICE_QUALITIES);
  const asks = goal === undefined && !terminal.json && process.stdin.isTTY && process.stdout.isTTY;
  if (asks) return ask({ architecture, quality }, terminal);
  if (goal === undefined) {
    throw new SpecError('CHOICE_GOAL_MISSING', 'what matters most is not said, and there is no terminal to ask in', {
      allowed: `--goal ${CHOICE_GOALS.join(' | ')}`,
      fix: 'give --goal, and if you like --architecture and --quality',
    });
  }
  show(chooseFor({ goal, architecture: architecture ?? 'decoder', quality: quality ?? 'balanced' }), terminal);
  return ExitStatus.OK;
}

async function ask(
  known: { readonly architecture?: ChoiceArchitecture; readonly quality?: ChoiceQuality },
  terminal: Terminal,
): Promise<ExitStatus> {
  // Only a person pays for the prompts.
  const { cancel, intro, isCancel, outro, select } = await import('@clack/prompts');
  const pick = async <Name extends string>(message: string, names: Readonly<Record<Name, string>>) => {
    const options = (Object.entries(names) as [Name, string][]).map(([value, label]) => ({ value, label }));
    const answer = await select<string>({ message, options });
    return isCancel(answer) ? undefined : (answer as Name);
  };
  intro('Which way to a quantized endpoint?');
  const goal = await pick('What do you want?', GOALS);
  const architecture = goal && (known.architecture ?? (await pick('What kind of model?', ARCHITECTURES)));
  const quality = architecture && (known.quality ?? (await pick('How much may quality give?', QUALITIES)));
  if (goal === undefined || architecture === undefined || quality === undefined) {
    cancel('nothing chosen');
    return ExitStatus.INTERRUPTED;
  }
  outro(GOALS[goal]);
  show(chooseFor({ goal, architecture, quality }), terminal);
  return ExitStatus.OK;
}

function show(choice: Choice, terminal: Terminal): void {
  if (terminal.json) {
    terminal.printJson(choice);
    return;
  }
  const { bold, dim } = terminal.colors;
  terminal.print(
    [
      bold(choice.path),
      `  why         ${choice.reason}`,
      `  construct   ${choice.construct}`,
      `  containers  ${choice.containers.join(', ')}`,
      `  schemes     ${schemesInWords(choice)}`,
      dim(choice.next.map((step) => `  next        ${step}`).join('\n')),
    ].join('\n'),
  );
}

/** Which container serves a scheme is said where not all do. */
function schemesInWords({ containers, schemes, servedBy }: Choice): string {
  const named = (scheme: string) =>
    servedBy[scheme].length === containers.length ? scheme : `${scheme} (${servedBy[scheme].join(', ')})`;
  return schemes.map(named).join(', then ');
}

function given<Name extends string>(option: string, value: unknown, allowed: readonly Name[]): Name | undefined {
  if (value === undefined) return undefined;
  const name = allowed.find((candidate) => candidate === value);
  if (name !== undefined) return name;
  const [nearest] = nearestNames(String(value), allowed);
  throw new SpecError('CHOICE_UNKNOWN', `--${option} does not know ${String(value)}`, {
    got: String(value),
    allowed: allowed.join(', '),
    fix: nearest === undefined ? `use --${option} ${allowed[0]}` : `use --${option} ${nearest}`,
  });
}
