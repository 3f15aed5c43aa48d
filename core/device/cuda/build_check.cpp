// Ties this library to the libtutti.so of its build: the symbol is missing in any other.
#include "core/device/build_id_text.h"

#define TUTTI_BUILD_SYMBOL_(id) tutti_build_##id
#define TUTTI_BUILD_SYMBOL_OF(id) TUTTI_BUILD_SYMBOL_(id)

extern "C" {
extern const char TUTTI_BUILD_SYMBOL_OF(TUTTI_BUILD_ID)[];
// Exported, so that no linker drops the reference.
extern const char* const tutti_cuda_build_of;
const char* const tutti_cuda_build_of = TUTTI_BUILD_SYMBOL_OF(TUTTI_BUILD_ID);
}
