/** Loaded before an example's app (`node --require`): adds cdk-nag to it, so that the example itself stays as a user would write it. */
const { App, Validations } = require('aws-cdk-lib');
const { AwsSolutionsChecks } = require('cdk-nag');

const synth = App.prototype.synth;
const checked = new WeakSet();

App.prototype.synth = function (options) {
  if (!checked.has(this)) {
    checked.add(this);
    Validations.of(this).addPlugins(new AwsSolutionsChecks(this, { verbose: true }));
  }
  return synth.call(this, options);
};
