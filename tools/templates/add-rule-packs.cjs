/** Loaded before an example's app (`node --require`): adds cdk-nag's packs to it, so that the example itself stays as a user would write it. */
const { App, Validations } = require('aws-cdk-lib');
const {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  NIST80053R4Checks,
  NIST80053R5Checks,
  PCIDSS321Checks,
} = require('cdk-nag');

const PACKS = [AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R4Checks, NIST80053R5Checks, PCIDSS321Checks];

const synth = App.prototype.synth;
const checked = new WeakSet();

App.prototype.synth = function (options) {
  if (!checked.has(this)) {
    checked.add(this);
    Validations.of(this).addPlugins(...PACKS.map((Pack) => new Pack(this, { verbose: true })));
  }
  return synth.call(this, options);
};
