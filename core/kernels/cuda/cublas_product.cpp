#include "core/kernels/cuda/cublas_product.h"

#include <cublasLt.h>

#include "core/base/error.h"

namespace tutti::cuda {
namespace {

constexpr size_t kMostWorkspace = size_t{4} << 20;

void check_cublas(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail(ExitCode::internal, "matmul",
         "cuBLASLt failed at {}: {}; set CUBLASLT_LOG_LEVEL=5 to see its calls", what,
         cublasLtGetStatusString(status));
}

cublasLtHandle_t cublas_handle() {
  static const cublasLtHandle_t handle = [] {
    cublasLtHandle_t made = nullptr;
    check_cublas(cublasLtCreate(&made), "starting");
    return made;
  }();
  return handle;  // for the life of the process
}

// The library's matrices are column-major: ours are their transposes there.
class Layout {
 public:
  Layout(cudaDataType_t type, int64_t rows, int64_t columns, int64_t batch, int64_t stride) {
    check_cublas(cublasLtMatrixLayoutCreate(&layout_, type, static_cast<uint64_t>(rows),
                                            static_cast<uint64_t>(columns), rows),
                 "describing a matrix");
    const auto count = static_cast<int32_t>(batch);
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count);
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride);
  }
  ~Layout() { cublasLtMatrixLayoutDestroy(layout_); }
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  cublasLtMatrixLayout_t get() const { return layout_; }

 private:
  void set(cublasLtMatrixLayoutAttribute_t attribute, const void* value, size_t bytes) {
    check_cublas(cublasLtMatrixLayoutSetAttribute(layout_, attribute, value, bytes),
                 "describing a matrix");
  }
  cublasLtMatrixLayout_t layout_ = nullptr;
};

struct Layouts {
  Layout b, a, c;
  Layouts(const ProductShape& s, cudaDataType_t type, int64_t batch)
      : b(type, s.transpose_b ? s.k : s.n, s.transpose_b ? s.n : s.k, batch,
          s.each_b ? s.n * s.k : 0),
        a(type, s.transpose_a ? s.m : s.k, s.transpose_a ? s.k : s.m, batch, s.m * s.k),
        c(type, s.n, s.m, batch, s.m * s.n) {}
};

cublasLtEpilogue_t epilogue_of(ProductEpilogue epilogue) {
  switch (epilogue) {
    case ProductEpilogue::bias:
      return CUBLASLT_EPILOGUE_BIAS;
    case ProductEpilogue::relu:
      return CUBLASLT_EPILOGUE_RELU;
    case ProductEpilogue::bias_relu:
      return CUBLASLT_EPILOGUE_RELU_BIAS;
    case ProductEpilogue::none:
      break;
  }
  return CUBLASLT_EPILOGUE_DEFAULT;
}

class Preference {
 public:
  explicit Preference(const ProductShape& s) {
    check_cublas(cublasLtMatmulPreferenceCreate(&preference_), "choosing an algorithm");
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMostWorkspace);
    // Sums split over k meet in the workspace, in one order. Products of which each has its own B
    // are many and small: none is split, as the workspace would grow with their number.
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
        static_cast<uint32_t>(s.each_b ? CUBLASLT_REDUCTION_SCHEME_NONE
                                       : CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    // Biases lie anywhere in the flat order of parameters, and count as D here.
    const auto item = static_cast<uint32_t>(size_of(s.dtype));
    const bool biased =
        s.epilogue == ProductEpilogue::bias || s.epilogue == ProductEpilogue::bias_relu;
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, s.b_alignment);  // the library's A is our B
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, s.a_alignment);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, biased ? item : s.c_alignment);
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, biased ? item : s.c_alignment);
  }
  ~Preference() { cublasLtMatmulPreferenceDestroy(preference_); }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  cublasLtMatmulPreference_t get() const { return preference_; }

 private:
  template <typename T>
  void set(cublasLtMatmulPreferenceAttributes_t attribute, T value) {
    check_cublas(cublasLtMatmulPreferenceSetAttribute(preference_, attribute, &value, sizeof value),
                 "choosing an algorithm");
  }
  cublasLtMatmulPreference_t preference_ = nullptr;
};

}  // namespace

struct CublasProduct::Plan {
  explicit Plan(const ProductShape& s)
      : shape(s), type(s.dtype == DType::f64 ? CUDA_R_64F : CUDA_R_32F), layouts(s, type, s.owned) {
    const auto compute = s.dtype == DType::f64 ? CUBLAS_COMPUTE_64F : CUBLAS_COMPUTE_32F;
    check_cublas(cublasLtMatmulDescCreate(&product, compute, type), "describing a product");
    set(CUBLASLT_MATMUL_DESC_TRANSA, s.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, s.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue_of(s.epilogue));
  }
  ~Plan() { cublasLtMatmulDescDestroy(product); }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;

  template <typename T>
  void set(cublasLtMatmulDescAttributes_t attribute, T value) const {
    check_cublas(cublasLtMatmulDescSetAttribute(product, attribute, &value, sizeof value),
                 "describing a product");
  }

  bool choose() {
    const Layouts whole(shape, type, shape.groups);
    const Preference preference(shape);
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    const auto status = cublasLtMatmulAlgoGetHeuristic(cublas_handle(), product, whole.b.get(),
                                                       whole.a.get(), whole.c.get(), whole.c.get(),
                                                       preference.get(), 1, &found, &count);
    if (status != CUBLAS_STATUS_SUCCESS || count == 0) return false;
    algorithm = found.algo;
    // Fewer groups may need another amount of workspace.
    check_cublas(cublasLtMatmulAlgoCheck(cublas_handle(), product, layouts.b.get(), layouts.a.get(),
                                         layouts.c.get(), layouts.c.get(), &algorithm, &found),
                 "taking the algorithm of all shards for this rank's");
    workspace = found.workspaceSize;
    return true;
  }

  ProductShape shape;
  cudaDataType_t type;
  Layouts layouts;
  cublasLtMatmulDesc_t product = nullptr;
  cublasLtMatmulAlgo_t algorithm{};
  size_t workspace = 0;
};

CublasProduct::CublasProduct(std::unique_ptr<Plan> plan) : plan_(std::move(plan)) {}
CublasProduct::~CublasProduct() = default;

std::unique_ptr<CublasProduct> CublasProduct::make(const ProductShape& shape) {
  auto plan = std::make_unique<Plan>(shape);
  if (plan->choose()) return std::unique_ptr<CublasProduct>(new CublasProduct(std::move(plan)));
  if (shape.epilogue != ProductEpilogue::none) return nullptr;
  fail(ExitCode::missing, "matmul",
       "cuBLASLt has no algorithm for {} ({}, {}) x ({}, {}); run with device: cpu",
       name_of(shape.dtype), shape.m, shape.k, shape.k, shape.n);
}

size_t CublasProduct::workspace_bytes() const { return plan_->workspace; }

void CublasProduct::run(cudaStream_t stream, const void* a, const void* b, const void* bias,
                        void* c, void* workspace) const {
  if (bias) plan_->set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
  const double one = 1, zero = 0;
  const float one_f = 1, zero_f = 0;
  const bool wide = plan_->shape.dtype == DType::f64;
  const Layouts& on = plan_->layouts;
  check_cublas(
      cublasLtMatmul(cublas_handle(), plan_->product,
                     wide ? static_cast<const void*>(&one) : &one_f, b, on.b.get(), a, on.a.get(),
                     wide ? static_cast<const void*>(&zero) : &zero_f, c, on.c.get(), c, on.c.get(),
                     &plan_->algorithm, workspace, plan_->workspace, stream),
      "multiplying");
}

}  // namespace tutti::cuda
