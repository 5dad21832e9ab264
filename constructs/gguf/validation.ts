import { Token } from 'aws-cdk-lib';
import type { Finding } from '../../lib/rules/types';
import type { BoundModel } from '../shared/model-source/bound-model';
import { offeredFiles, preferredType, type OfferedFile, type SourcedGgufProps } from './offered';
import { namesFirstPart } from './server';

/** What of a GGUF's source and files is wrong or risky. */
export function ggufFindings(
  props: SourcedGgufProps & { readonly maxModelLen?: number },
  { modelData, name }: Pick<BoundModel, 'modelData' | 'name'>,
  chosen: OfferedFile | undefined,
): Finding[] {
  const findings: Finding[] = [];
  if (Token.isUnresolved(props.maxModelLen))
    findings.push({
      rule: 'CONTEXT_KNOWN_AT_DEPLOYMENT_ONLY',
      severity: 'error',
      message: 'llama-server is given maxModelLen times its slots, which only a number that synth knows can be',
      got: 'a value that is known at deployment only',
      allowed: 'a number',
      fix: 'give maxModelLen as a number, or leave it out',
      path: '/options/maxModelLen',
    });
  if (chosen === undefined)
    findings.push({
      rule: 'GGUF_FILE_NOT_NAMED',
      severity: 'warning',
      message:
        `which GGUF of ${name} is served is left to the order of their names, and its type is taken to be ` +
        preferredType(props),
      got: 'no files',
      allowed: 'the files that the source offers',
      fix: "give files, such as [{ path: 'model-Q4_K_M.gguf' }], or use ModelSource.s3Object",
      path: '/model/id',
    });
  else if (chosen.fileType === undefined)
    findings.push({
      rule: 'GGUF_TYPE_NOT_TOLD',
      severity: 'error',
      message: `the name of ${chosen.path ?? name} does not tell its file type, without which nothing can be planned`,
      got: chosen.path ?? 'a file without a path',
      allowed: 'a name such as model-Q4_K_M.gguf, or fileType',
      fix: "give fileType, such as { path: '…', fileType: 'Q4_K_M' }",
      path: '/quantization',
    });
  for (const file of offeredFiles(props, modelData === 'hub'))
    if (!namesFirstPart(file))
      findings.push({
        rule: 'GGUF_PART_NOT_FIRST',
        severity: 'error',
        message: 'llama-server is given the first part of a model in parts, and finds the others by its name',
        got: file.path,
        allowed: '…-00001-of-0000N.gguf',
        fix: 'name the first part',
        path: '/model/id',
      });
  if (modelData === 'hub')
    findings.push({
      rule: 'GGUF_REVISION_NOT_READ',
      severity: 'warning',
      message:
        'llama-server knows no revision: each new instance downloads what the repository holds at that moment, ' +
        'and instances of one endpoint may differ',
      got: name,
      allowed: 'a GGUF in S3, which changes only when you change it',
      fix: 'copy the file to a bucket of yours and use ModelSource.s3Object, or acknowledge this',
      path: '/model/id',
    });
  return findings;
}
