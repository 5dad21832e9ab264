import { UnknownNameError } from '../../lib/errors';
import {
  check,
  EXPLANATION_SUBJECTS,
  EXPLANATIONS,
  EXPLANATIONS_BY_SUBJECT,
  findExplanation,
  findRule,
  RULE_CAUSES,
  RULES,
  RULES_BY_CAUSE,
} from '../../lib/rules';
import type { Explanation, Rule } from '../../lib/rules';
import { nearestNames } from '../../lib/text/nearest';
import { ExitStatus } from '../exit-status';
import { renderFindings } from '../output/findings';
import { pageWidth, wrap } from '../output/wrap';
import type { Terminal } from '../terminal';

/** `qe explain ID`: what a rule checks, why, and what it says of an example; of a finding without a rule, what it means. */
export async function explain(
  args: readonly string[],
  _options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const [name] = args;
  const id = name.replace(/-/g, '_');
  const rule = findRule(id);
  const explanation = rule ?? findExplanation(id);
  if (explanation === undefined) throw unknownId(name);
  const cause = causeOf(explanation);
  if (terminal.json) terminal.printJson(answerOf(explanation, cause, rule));
  else terminal.print([...paragraphsOf(explanation, cause, terminal), ...examplesOf(rule, terminal)].join('\n\n'));
  return ExitStatus.OK;
}

function causeOf(explanation: Explanation): string | undefined {
  return (
    RULE_CAUSES.find((cause) => RULES_BY_CAUSE[cause].some(({ id }) => id === explanation.id)) ??
    EXPLANATION_SUBJECTS.find((subject) => EXPLANATIONS_BY_SUBJECT[subject].includes(explanation))
  );
}

function answerOf({ id, severity, summary, explanation, source }: Explanation, cause: string | undefined, rule?: Rule) {
  const { holdsFor, examples } = rule ?? {};
  return { id, cause, severity, summary, explanation, source, holdsFor, examples };
}

function paragraphsOf(found: Explanation, cause: string | undefined, { colors }: Terminal): readonly string[] {
  const { bold, dim, red, yellow } = colors;
  const width = pageWidth();
  const holdsFor = findRule(found.id)?.holdsFor;
  return [
    `${found.severity === 'error' ? red('error') : yellow('warning')} ${bold(found.id)} ${dim(`(${cause})`)}`,
    wrap(`Checks that ${found.summary}.`, width),
    wrap(found.explanation, width),
    ...(holdsFor === undefined ? [] : [wrap(`Holds for: ${holdsFor}`, width)]),
    wrap(`Source: ${found.source}`, width),
  ];
}

/** What no spec can show has no example. */
function examplesOf(rule: Rule | undefined, terminal: Terminal): readonly string[] {
  if (rule === undefined) return [];
  const { bold, dim } = terminal.colors;
  return [
    `${bold('An endpoint that it refuses')}\n${indented(rule.examples.fails[0])}`,
    renderFindings(ownFindings(rule), terminal),
    `${bold('One that it passes')}\n${indented(rule.examples.passes[0])}`,
    dim('examples show what decides; model.config is shortened here, --json has it whole'),
  ];
}

function unknownId(name: string): UnknownNameError {
  const nearest = nearestIds(name);
  return new UnknownNameError(
    'RULE_UNKNOWN',
    `there is no rule ${name}${nearest.length === 0 ? '' : `, did you mean ${nearest[0]}?`}`,
    {
      got: name,
      allowed: nearest.length === 0 ? 'an id of qe rules' : nearest.join(', '),
      fix: nearest.length === 0 ? 'list the rules with qe rules' : `qe explain ${nearest[0]}`,
    },
  );
}

/** Ids that are spelt alike; else those that share most words with what was asked. */
function nearestIds(name: string): readonly string[] {
  const ids = [...RULES, ...EXPLANATIONS].map(({ id }) => id);
  const spelt = nearestNames(name, ids, 3);
  if (spelt.length > 0) return spelt;
  const words = name
    .toUpperCase()
    .split(/[^A-Z0-9]+/)
    .filter((word) => word.length > 2);
  return ids
    .map((id) => ({ id, shared: words.filter((word) => id.includes(word)).length }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared)
    .slice(0, 3)
    .map(({ id }) => id);
}

function ownFindings(rule: Rule) {
  return check(rule.examples.fails[0]).findings.filter((finding) => finding.rule === rule.id);
}

/** The spec as JSON, with its config cut to the architecture and its quantization. */
function indented(spec: unknown): string {
  const short = structuredClone(spec) as { model?: { config?: Record<string, unknown> } };
  const config = short.model?.config;
  if (short.model !== undefined && config !== undefined) {
    const { architectures, quantization_config: quantization } = config;
    short.model.config = {
      architectures,
      ...(quantization === undefined ? {} : { quantization_config: quantization }),
      '…': '…',
    };
  }
  return JSON.stringify(short, undefined, 2).replace(/^/gm, '  ');
}
