#include "core/device/isa.h"

#include <dnnl.hpp>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>

#if defined(__x86_64__)
#include <cpuid.h>
#include <pmmintrin.h>
#include <xmmintrin.h>
#endif

#include "core/base/error.h"

namespace tutti {
namespace {

constexpr std::string_view kIsaNames[] = {"x86_64", "avx2", "avx512"};

#if defined(__x86_64__)
// Parts of v3 that not every compiler's __builtin_cpu_supports knows.
bool supports_f16c_movbe_lzcnt() {
  constexpr unsigned kExtended = 0x80000001;
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C) && (c & bit_MOVBE) &&
         __get_cpuid(kExtended, &a, &b, &c, &d) && (c & bit_LZCNT);
}
#endif

Isa processor_isa() {
#if defined(__x86_64__)
  // The feature sets of -march=x86-64-v3 and -v4, which the kernels are compiled for.
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  supports_f16c_movbe_lzcnt();
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return v4 ? Isa::avx512 : v3 ? Isa::avx2 : Isa::x86_64;
#else
  return Isa::x86_64;
#endif
}

// The bound that oneDNN's own variable sets; without it, or with a word oneDNN ignores, none.
Isa environment_bound() {
  const char* text = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (!text) text = std::getenv("DNNL_MAX_CPU_ISA");
  std::string word = text ? text : "";
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (word == "SSE41" || word == "AVX") return Isa::x86_64;
  // Knights Landing has AVX-512 without the byte, word and vector-length parts.
  if (word.starts_with("AVX2") || word.starts_with("AVX512_MIC")) return Isa::avx2;
  return Isa::avx512;
}

struct IsaState {
  std::mutex mutex;
  std::optional<Isa> pinned;
  std::atomic<int> settled{-1};  // what dispatch has used; it cannot change any more
};

IsaState& isa_state() {
  static IsaState state;
  return state;
}

void bound_onednn(Isa isa) {
  // Not above avx512_core even where more exists: the key names what ran.
  const auto bound = isa == Isa::avx512 ? dnnl::cpu_isa::avx512_core
                     : isa == Isa::avx2 ? dnnl::cpu_isa::avx2
                                        : dnnl::cpu_isa::sse41;
  // Refused when a primitive exists already; then what oneDNN uses must be looked at.
  if (dnnl::set_max_cpu_isa(bound) == dnnl::status::success) return;
  if (dnnl::get_effective_cpu_isa() != bound)
    fail(ExitCode::world, "isa",
         "oneDNN has already made primitives for another instruction set "
         "than {}; pin the set before the first model is built",
         name_of(isa));
}

}  // namespace

Isa detected_isa() {
  static const Isa isa = std::min(processor_isa(), environment_bound());
  return isa;
}

Isa active_isa() {
  IsaState& state = isa_state();
  const int settled = state.settled.load(std::memory_order_acquire);
  if (settled >= 0) return static_cast<Isa>(settled);
  std::lock_guard lock(state.mutex);
  if (state.settled < 0) {
    const Isa isa = state.pinned.value_or(detected_isa());
    bound_onednn(isa);
    state.settled.store(static_cast<int>(isa), std::memory_order_release);
  }
  return static_cast<Isa>(state.settled.load());
}

std::string_view name_of(Isa isa) { return kIsaNames[static_cast<int>(isa)]; }

Isa parse_isa(std::string_view name) {
  std::vector<std::string> known;
  for (int i = 0; i < 3; ++i) {
    if (name == kIsaNames[i]) return static_cast<Isa>(i);
    known.emplace_back(kIsaNames[i]);
  }
  fail(ExitCode::usage, "isa", "unknown instruction set '{}'{}; use x86_64, avx2 or avx512", name,
       did_you_mean(name, known));
}

void pin_isa(Isa isa) {
  if (isa > detected_isa())
    fail(ExitCode::world, "isa", "this processor runs {} at most, not {}; pin a lower set",
         name_of(detected_isa()), name_of(isa));
  IsaState& state = isa_state();
  std::lock_guard lock(state.mutex);
  const int settled = state.settled;
  if (settled >= 0 && settled != static_cast<int>(isa))
    fail(ExitCode::world, "isa",
         "kernels were already made for {}, {} comes too late; pin the set "
         "before the first model is built",
         name_of(static_cast<Isa>(settled)), name_of(isa));
  state.pinned = isa;
}

void flush_denormals() {
#if defined(__x86_64__)
  _MM_SET_FLUSH_ZERO_MODE(_MM_FLUSH_ZERO_ON);
  _MM_SET_DENORMALS_ZERO_MODE(_MM_DENORMALS_ZERO_ON);
#endif
}

}  // namespace tutti
