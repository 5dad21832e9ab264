import { found } from '../helpers/finding';
import { QWEN3_SMALL } from '../helpers/samples';
import type { Rule } from '../types';

const example = (environment: Record<string, string>) => ({
  model: { config: QWEN3_SMALL },
  container: { family: 'vllm' },
  environment,
});

/** Settings of the variant, as API, SDKs and templates name them, without what their spellings differ by; and the spec's own name. */
const SETTINGS: Readonly<Record<string, string>> = {
  containerstartuphealthchecktimeoutinseconds: 'startupHealthCheckTimeoutSeconds',
  containerstartuphealthchecktimeout: 'startupHealthCheckTimeoutSeconds',
  startuphealthchecktimeoutseconds: 'startupHealthCheckTimeoutSeconds',
  startuphealthchecktimeoutinseconds: 'startupHealthCheckTimeoutSeconds',
  modeldatadownloadtimeoutinseconds: 'modelDataDownloadTimeoutSeconds',
  modeldatadownloadtimeoutseconds: 'modelDataDownloadTimeoutSeconds',
  modeldatadownloadtimeout: 'modelDataDownloadTimeoutSeconds',
  volumesizeingb: 'volumeSizeInGb',
  inferenceamiversion: 'inferenceAmiVersion',
  initialinstancecount: 'initialInstanceCount',
};
const SHORTEST = Math.min(...Object.keys(SETTINGS).map((name) => name.length));

export const endpointSettingAsVariable: Rule = {
  id: 'ENDPOINT_SETTING_AS_VARIABLE',
  severity: 'warning',
  summary: 'settings of the endpoint are not given as variables of the container',
  explanation:
    'Timeouts, volume size and inference AMI belong to the production variant of the endpoint configuration. A variable of the same name is handed to the container, which reads no such thing, and the endpoint keeps its default: the health check still ends after five minutes.',
  source: 'aws/amazon-sagemaker-examples#3432; botocore sagemaker/2017-07-24, ProductionVariant',
  needs: ['environment'],
  examples: {
    passes: [example({ SM_VLLM_MAX_MODEL_LEN: '4096' }), example({ MODEL_LOADING_TIMEOUT: '900' })],
    fails: [
      example({ container_startup_health_check_timeout_in_seconds: '300' }),
      example({ CONTAINER_STARTUP_HEALTH_CHECK_TIMEOUT: '900' }),
      example({ VOLUME_SIZE_IN_GB: '200' }),
    ],
  },
  evaluate({ spec }) {
    const { environment } = spec;
    if (environment === undefined) return [];
    return Object.keys(environment).flatMap((name) => {
      const setting = name.length < SHORTEST ? undefined : SETTINGS[name.replaceAll('_', '').toLowerCase()];
      if (setting === undefined) return [];
      return [
        found({
          what: 'this is a setting of the endpoint, and a variable of that name is read by no container',
          got: `${name}=${environment[name].slice(0, 80)}`,
          fix: `remove it, and set endpoint.${setting}`,
          path: `/environment/${name}`,
        }),
      ];
    });
  },
};
