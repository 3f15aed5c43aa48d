// Instruction sets that kernels are compiled for, and the one this process uses.
#pragma once

#include <string_view>

namespace tutti {

enum class Isa { x86_64, avx2, avx512 };

// The best that this processor runs, not above what ONEDNN_MAX_CPU_ISA allows.
Isa detected_isa();
// The pinned one, else the detected one. The first call settles it for the process, oneDNN
// included; to ask without settling, ask detected_isa().
Isa active_isa();
std::string_view name_of(Isa isa);
Isa parse_isa(std::string_view name);

// Pins dispatch, ours and oneDNN's, for the whole process. Ranks call it with the lowest common set
// before the first kernel is made. Throws if the processor lacks it, or if kernels were made under
// another one.
void pin_isa(Isa isa);

// Flush-to-zero and denormals-are-zero on the calling thread; each thread that runs kernels calls
// it.
void flush_denormals();

}  // namespace tutti
