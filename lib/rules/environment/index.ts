import type { Rule } from '../types';
import { argumentChoiceUnknown } from './argument-choice-unknown';
import { attentionBackendUnknown } from './attention-backend-unknown';
import { flagBecomesPositional } from './flag-becomes-positional';
import { flagSwitchedOffIsDropped } from './flag-switched-off-is-dropped';
import { gpusHidden } from './gpus-hidden';
import { jsonFieldUnknown } from './json-field-unknown';
import { jsonValueUnreadable } from './json-value-unreadable';
import { lmiDtypeUnknown } from './lmi-dtype-unknown';
import { lmiRollingBatchRemoved } from './lmi-rolling-batch-removed';
import { optionContradictsVariable } from './option-contradicts-variable';
import { parserNotInServer } from './parser-not-in-server';
import { tgiKvHeadsFewerThanGpus } from './tgi-kv-heads-fewer-than-gpus';
import { tgiQuantizationUnknown } from './tgi-quantization-unknown';
import { toolParserMissing } from './tool-parser-missing';
import { trtllmQuantizeNotRead } from './trtllm-quantize-not-read';
import { variableNotRead } from './variable-not-read';
import { variableValueMissing } from './variable-value-missing';
import { variableValueNotANumber } from './variable-value-not-a-number';
import { variableValueOutOfRange } from './variable-value-out-of-range';
import { variablesContradict } from './variables-contradict';

export const environmentRules: readonly Rule[] = [
  optionContradictsVariable,
  tgiQuantizationUnknown,
  variablesContradict,
  variableNotRead,
  variableValueMissing,
  flagBecomesPositional,
  flagSwitchedOffIsDropped,
  jsonValueUnreadable,
  lmiRollingBatchRemoved,
  lmiDtypeUnknown,
  trtllmQuantizeNotRead,
  toolParserMissing,
  parserNotInServer,
  variableValueNotANumber,
  variableValueOutOfRange,
  argumentChoiceUnknown,
  jsonFieldUnknown,
  attentionBackendUnknown,
  gpusHidden,
  tgiKvHeadsFewerThanGpus,
];
