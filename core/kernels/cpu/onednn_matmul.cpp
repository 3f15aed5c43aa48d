#include "core/kernels/cpu/onednn_matmul.h"

#include <omp.h>

#include <algorithm>
#include <dnnl.hpp>
#include <vector>

#include "core/base/error.h"
#include "core/device/isa.h"

namespace tutti::cpu {
namespace {

// oneDNN takes the calling thread's OpenMP setting when it makes and when it runs a primitive.
class OneOpenMpThread {
 public:
  OneOpenMpThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneOpenMpThread() { omp_set_num_threads(before_); }
  OneOpenMpThread(const OneOpenMpThread&) = delete;
  OneOpenMpThread& operator=(const OneOpenMpThread&) = delete;

 private:
  int before_;
};

const dnnl::engine& onednn_engine() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

// A product of a fixed number of rows.
struct FixedRows {
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;

  FixedRows(int64_t m, int64_t n, int64_t k, bool transpose_b) {
    using Memory = dnnl::memory;
    const Memory::desc a({m, k}, Memory::data_type::f32, Memory::format_tag::ab);
    const Memory::desc b({k, n}, Memory::data_type::f32,
                         transpose_b ? Memory::format_tag::ba : Memory::format_tag::ab);
    const Memory::desc c({m, n}, Memory::data_type::f32, Memory::format_tag::ab);
    dnnl::primitive_attr attributes;  // oneDNN's own scratchpad is not safe across threads
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
    description = dnnl::matmul::primitive_desc(onednn_engine(), a, b, c, attributes);
#else
    description = dnnl::matmul::primitive_desc({a, b, c}, attributes, onednn_engine());
#endif
    primitive = dnnl::matmul(description);
  }

  bool is_one_of(std::span<const std::string_view> names) const {
    return std::ranges::find(names, description.impl_info_str()) != names.end();
  }

  void run(const float* a, const float* b, float* c) const {
    thread_local std::vector<char> scratch;
    thread_local dnnl::stream stream(onednn_engine());
    const auto needed = description.scratchpad_desc();
    if (scratch.size() < needed.get_size()) scratch.resize(needed.get_size());
    const auto memory = [](const dnnl::memory::desc& desc, const void* data) {
      return dnnl::memory(desc, onednn_engine(), const_cast<void*>(data));
    };
    primitive.execute(stream, {{DNNL_ARG_SRC, memory(description.src_desc(), a)},
                               {DNNL_ARG_WEIGHTS, memory(description.weights_desc(), b)},
                               {DNNL_ARG_DST, memory(description.dst_desc(), c)},
                               {DNNL_ARG_SCRATCHPAD, memory(needed, scratch.data())}});
    stream.wait();
  }
};

}  // namespace

struct OnednnMatmul::State {
  int64_t n, k;
  FixedRows group, piece;

  State(int64_t columns, int64_t depth, bool transpose_b)
      : n(columns),
        k(depth),
        group(kGroupRows, n, k, transpose_b),
        piece(kPieceRows, n, k, transpose_b) {}

  // Fewer rows than a piece has: they are computed beside rows of zeros.
  void run_padded(int64_t rows, const float* a, const float* b, float* c) const {
    thread_local std::vector<float> padded;
    const int64_t size = kPieceRows * (n + k);
    if (static_cast<int64_t>(padded.size()) < size) padded.resize(size);
    float* from = padded.data();
    float* to = from + kPieceRows * k;
    std::copy_n(a, rows * k, from);
    std::fill(from + rows * k, to, 0.0f);
    piece.run(from, b, to);
    std::copy_n(to, rows * n, c);
  }
};

OnednnMatmul::OnednnMatmul(std::unique_ptr<State> state) : state_(std::move(state)) {}
OnednnMatmul::~OnednnMatmul() = default;

bool OnednnMatmul::serves(int64_t n, int64_t k) {
  return active_isa() == Isa::avx512 && n * k >= int64_t{1} << 22;
}

std::unique_ptr<OnednnMatmul> OnednnMatmul::make(int64_t n, int64_t k, bool transpose_b,
                                                 std::span<const std::string_view> tested) {
  const OneOpenMpThread one;
  try {
    auto state = std::make_unique<State>(n, k, transpose_b);
    if (!state->group.is_one_of(tested) || !state->piece.is_one_of(tested)) return nullptr;
    return std::unique_ptr<OnednnMatmul>(new OnednnMatmul(std::move(state)));
  } catch (const dnnl::error&) {  // it has none
    return nullptr;
  }
}

void OnednnMatmul::run(int64_t m, int64_t tile, const float* a, const float* b, float* c) const {
  const OneOpenMpThread one;
  const int64_t n = state_->n, k = state_->k;
  int64_t row = tile * kGroupRows;
  const int64_t end = std::min(row + kGroupRows, m);
  try {
    if (end - row == kGroupRows) return state_->group.run(a + row * k, b, c + row * n);
    for (; row + kPieceRows <= end; row += kPieceRows)
      state_->piece.run(a + row * k, b, c + row * n);
    if (row < end) state_->run_padded(end - row, a + row * k, b, c + row * n);
  } catch (const dnnl::error& error) {
    fail(ExitCode::internal, "matmul", "oneDNN failed: {}; report it with the shapes {}x{}x{}",
         error.what(), m, n, k);
  }
}

}  // namespace tutti::cpu
