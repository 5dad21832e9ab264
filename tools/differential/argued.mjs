/**
 * Where this library and a reference part, each with the reason. A difference that is not listed fails the run.
 *
 * - `ours`: we refuse with this error what the reference accepts
 * - `theirs`: the reference refuses, with this in its message, what we accept
 * - `contents`: both accept, and read something else
 * - `where`: only for inputs in which this stands
 */
export const ARGUED = {
  safetensors: [
    {
      ours: 'SAFETENSORS_HEADER_START',
      why: 'The format: "The header data MUST begin with a { character (0x7B)". serde_json skips white space before it.',
    },
    {
      ours: 'SAFETENSORS_DUPLICATE_KEY',
      why: 'The format: "Duplicate keys are disallowed. Not all parsers may respect this." A Rust HashMap keeps the last.',
    },
    {
      ours: 'SAFETENSORS_TENSOR_INFO',
      why: 'An entry as a list, a dtype as {"F32": null}: serde takes them for a struct and an enum, and no writer makes them. A dimension over 2^53 beside a 0: no JavaScript number holds it.',
    },
    {
      ours: 'SAFETENSORS_HEADER_LIMIT',
      why: 'More keys in metadata or in an unknown object than any file has: a bound on memory.',
    },
  ],
  gguf: [
    { ours: 'GGUF_ALIGNMENT', why: 'The format wants a multiple of 8; gguf-py takes any power of two.' },
    { ours: 'GGUF_ARRAY_DEPTH', why: 'Arrays more than eight deep. llama.cpp reads no array in an array at all.' },
    {
      ours: 'GGUF_ARRAY_LENGTH',
      why: 'An array beyond the end of the file: gguf-py reads what is not there as empty.',
    },
    { ours: 'GGUF_BLOCK', why: 'A row that is not made of whole blocks: llama.cpp refuses it.' },
    { ours: 'GGUF_BOOL', why: 'The format: a boolean other than 0 and 1 is invalid. NumPy takes any byte for true.' },
    { ours: 'GGUF_COUNT', why: 'More keys or tensors than the rest of the file has room for.' },
    { ours: 'GGUF_DIMENSIONS', why: 'More than four dimensions (GGML_MAX_DIMS): llama.cpp refuses it.' },
    { ours: 'GGUF_KEY', why: 'An empty key: llama.cpp refuses it.' },
    { ours: 'GGUF_OFFSET', why: 'A hole, an overlap, data out of order: llama.cpp refuses it.' },
    { ours: 'GGUF_OFFSET_UNALIGNED', why: 'An offset off the alignment: llama.cpp refuses it.' },
    { ours: 'GGUF_SHAPE_OVERFLOW', why: 'A product beyond 2^53: NumPy wraps it around.' },
    { ours: 'GGUF_STRING_LENGTH', why: 'A string beyond the end of the file: gguf-py takes the part that is there.' },
    {
      ours: 'GGUF_STRING_UTF8',
      why: 'The format: strings are UTF-8. gguf-py decodes a value only when it is asked for.',
    },
    {
      ours: 'GGUF_VALUE_TYPE',
      why: 'An empty array of a type that does not exist: gguf-py never looks at it. llama.cpp refuses it.',
    },
    {
      theirs: 'array is too big',
      why: 'A shape with a 0, and a product beyond 2^63 without it: NumPy refuses it, llama.cpp does not.',
    },
    { ours: 'GGUF_TENSOR_NAME', why: 'A name of more than 63 bytes (GGML_MAX_NAME): llama.cpp refuses it.' },
    {
      ours: 'GGUF_TENSOR_TRUNCATED',
      why: 'Data beyond the end of the file, of an empty tensor: llama.cpp refuses it.',
    },
    { ours: 'GGUF_TRUNCATED', why: 'A value that is not there: gguf-py reads it as empty.' },
    { theirs: 'is not a valid GGMLQuantizationType', where: '"Q2_0"', why: 'gguf 0.19 does not know this type yet.' },
    {
      theirs: 'cannot reshape array',
      where: '"Q8_1"',
      why: 'gguf 0.19 has Q8_1 at 40 bytes a block; ggml has 36 (block_q8_1 in ggml-common.h). It is never stored in files.',
    },
    { contents: true, where: '"Q8_1"', why: 'The same.' },
    {
      theirs: 'tuple index out of range',
      where: ',[],',
      why: 'A scalar of a type that NumPy does not have (BF16): gguf-py looks for its last dimension. llama.cpp accepts it.',
    },
  ],
  'llama.cpp': [
    { ours: 'GGUF_ALIGNMENT', why: 'The format wants a multiple of 8; llama.cpp takes any power of two.' },
    {
      ours: 'GGUF_BOOL',
      why: 'The format: a boolean other than 0 and 1 is invalid. llama.cpp takes any byte for true.',
    },
    { ours: 'GGUF_STRING_UTF8', why: 'The format: strings are UTF-8. llama.cpp does not look.' },
    {
      ours: 'GGUF_KEY',
      why: 'A key with a zero byte, at which C ends it: llama.cpp finds another key than other readers.',
    },
    { ours: 'GGUF_TENSOR_NAME', why: 'The same in the name of a tensor.' },
    { ours: 'GGUF_SHAPE_OVERFLOW', why: 'A dimension over 2^53 beside a 0: no JavaScript number holds it.' },
    {
      theirs: 'gguf_init_from_file',
      where: '"little":false',
      why: 'llama.cpp reads only the byte order of its machine.',
    },
    {
      theirs: 'gguf_init_from_file',
      where: ',9,9]',
      why: 'An array in an array: the format allows it, gguf-py reads it, llama.cpp does not.',
    },
  ],
};
