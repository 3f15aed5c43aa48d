// Stands for a libtutti_cuda.so of another build: needs a symbol that this libtutti.so has not.
extern "C" {
extern const char tutti_build_0123456789abcdef[];
extern const char* const tutti_cuda_build_of;
const char* const tutti_cuda_build_of = tutti_build_0123456789abcdef;
}
