// What llama-quantize does with --allow-requantize, as a process of its own: `llama_quantize SOURCE TARGET FILE_TYPE THREADS`. Prints the
// seconds of processor time that it took.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "llama.h"

static void silent(enum ggml_log_level level, const char *text, void *data) {
    (void)level;
    (void)text;
    (void)data;
}

static double seconds(struct timeval time) {
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int count, char **words) {
    if (count != 5) return 2;
    llama_log_set(silent, NULL);
    llama_backend_init();
    struct llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = (enum llama_ftype)atoi(words[3]);
    params.nthread = atoi(words[4]);
    params.allow_requantize = true;
    if (llama_model_quantize(words[1], words[2], &params) != 0) return 1;
    llama_backend_free();
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%f\n", seconds(usage.ru_utime) + seconds(usage.ru_stime));
    return 0;
}
