import { UnknownNameError } from '../../lib/errors';
import { check, findRule, RULE_CAUSES, RULES, RULES_BY_CAUSE } from '../../lib/rules';
import type { Rule } from '../../lib/rules';
import { nearestNames } from '../../lib/text/nearest';
import { ExitStatus } from '../exit-status';
import { renderFindings } from '../output/findings';
import { pageWidth, wrap } from '../output/wrap';
import type { Terminal } from '../terminal';

/** `qe explain RULE`: what a rule checks, why, and what it says of an example. */
export async function explain(
  args: readonly string[],
  _options: Record<string, unknown>,
  terminal: Terminal,
): Promise<ExitStatus> {
  const rule = ruleNamed(args[0]);
  const cause = RULE_CAUSES.find((name) => RULES_BY_CAUSE[name].includes(rule));
  if (terminal.json) {
    const { id, severity, summary, explanation, source, holdsFor, examples } = rule;
    terminal.printJson({ id, cause, severity, summary, explanation, source, holdsFor, examples });
    return ExitStatus.OK;
  }
  const { bold, dim, red, yellow } = terminal.colors;
  const width = pageWidth();
  const paragraphs = [
    `${rule.severity === 'error' ? red('error') : yellow('warning')} ${bold(rule.id)} ${dim(`(${cause})`)}`,
    wrap(`Checks that ${rule.summary}.`, width),
    wrap(rule.explanation, width),
    ...(rule.holdsFor === undefined ? [] : [wrap(`Holds for: ${rule.holdsFor}`, width)]),
    wrap(`Source: ${rule.source}`, width),
    `${bold('An endpoint that it refuses')}\n${indented(rule.examples.fails[0])}`,
    renderFindings(ownFindings(rule), terminal),
    `${bold('One that it passes')}\n${indented(rule.examples.passes[0])}`,
    dim('examples show what decides; model.config is shortened here, --json has it whole'),
  ];
  terminal.print(paragraphs.join('\n\n'));
  return ExitStatus.OK;
}

/** @throws UnknownNameError with the nearest id */
function ruleNamed(name: string): Rule {
  const rule = findRule(name.replace(/-/g, '_'));
  if (rule !== undefined) return rule;
  const nearest = nearestIds(name);
  throw new UnknownNameError(
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
  const ids = RULES.map(({ id }) => id);
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
