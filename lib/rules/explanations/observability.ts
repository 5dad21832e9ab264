import type { Explanation } from '../types';

/** What `EndpointObservability` finds in its props. */
export const observabilityExplanations: readonly Explanation[] = [
  {
    id: 'ALARMS_WITHOUT_ACTION',
    severity: 'warning',
    summary: 'an alarm does something when it goes off',
    explanation:
      'An alarm without an action changes its colour in a console that nobody looks at in the night. Alarms are therefore defined only where it is said what they do: a topic, a function, an incident. The alarms of the endpoint itself, which undo an update, need no action for that.',
    source: 'CloudWatch user guide, alarm actions; NIST 800-53 SI-4(5)',
  },
  {
    id: 'NOTHING_PLANNED_TO_WATCH',
    severity: 'warning',
    summary: 'what is watched has a limit that follows from something',
    explanation:
      'Limits on speed, queue and memory follow from the plan. Of an endpoint that is made elsewhere, or of a model of which nothing is known, there is none; errors are watched all the same.',
    source: 'EndpointPlan of the endpoint',
  },
  {
    id: 'LATENCY_MARGIN_OUT_OF_RANGE',
    severity: 'error',
    summary: 'an alarm on latency lets pass what is planned',
    explanation:
      'Times are alarming from the planned time of a full batch, multiplied by the margin. Below 1 the alarm would be on whenever the endpoint is busy, and would soon be switched off.',
    source: 'the planner’s own error against published measurements',
  },
  {
    id: 'HOURLY_COST_UNKNOWN',
    severity: 'warning',
    summary: 'the price of the endpoint is known where an alarm is to watch its cost',
    explanation:
      'Cost is the number of instances times the price of one. Prices that come with the library are those of one day and not of every region; `qe prices` fetches today’s.',
    source: 'AWS Price List, AmazonSageMaker, on-demand hosting',
  },
  {
    id: 'HOURLY_COST_EXCEEDED',
    severity: 'error',
    summary: 'the endpoint with its fewest instances costs less than the alarm on cost allows',
    explanation: 'The alarm would go off when the endpoint is deployed, and never again be quiet.',
    source: 'AWS Price List, AmazonSageMaker, on-demand hosting',
  },
  {
    id: 'HOURLY_COST_NEVER_REACHED',
    severity: 'warning',
    summary: 'an alarm on cost can go off',
    explanation:
      'The number of instances has a most, and with it the cost: an alarm above it says nothing. The limit that holds at synth is `maxMonthlyCost` of the endpoint.',
    source: 'Application Auto Scaling, MaxCapacity',
  },
];
