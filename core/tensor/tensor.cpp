#include "core/tensor/tensor.h"

#include <cstring>

#include "core/base/error.h"
#include "core/tensor/convert.h"

namespace tutti {
namespace {

size_t tensor_bytes(const Shape& shape, DType dtype) {
  return static_cast<size_t>(shape.elements()) * size_of(dtype);
}

bool tensor_on_host(const Tensor& tensor) { return tensor.device().kind() == DeviceKind::cpu; }

void require_elements(const Tensor& tensor) {
  if (!tensor.defined())
    fail("tensor", "this tensor has no elements yet; give it a shape or values");
}

// One element of any device, as f64.
double tensor_element(const Tensor& tensor, int64_t index) {
  if (tensor.dtype() == DType::string) refuse_text();
  const size_t size = size_of(tensor.dtype());
  std::byte element[8];
  tensor.device().copy_to_host(element, tensor.raw() + static_cast<size_t>(index) * size, size);
  double value = 0;
  convert_elements(element, tensor.dtype(), &value, DType::f64, 1);
  return value;
}

Shape shape_of_rows(std::initializer_list<std::initializer_list<double>> rows) {
  const size_t columns = rows.size() == 0 ? 0 : rows.begin()->size();
  for (const auto& row : rows)
    if (row.size() != columns)
      fail("tensor", "rows of {} and {} values do not make a matrix; give every row as many",
           columns, row.size());
  return {static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns)};
}

}  // namespace

Tensor::Tensor(std::shared_ptr<Storage> storage, size_t offset_bytes, const Shape& shape,
               DType dtype)
    : storage_(std::move(storage)),
      offset_(offset_bytes),
      shape_(shape),
      elements_(shape.elements()),
      dtype_(dtype) {
  require_elements(*this);
  if (offset_ > storage_->size() || bytes() > storage_->size() - offset_)
    fail(ExitCode::internal, "tensor",
         "{} of {} at byte {} does not fit a storage of {} bytes; check "
         "the offset",
         to_string(shape), name_of(dtype), offset_, storage_->size());
}

Tensor::Tensor(std::initializer_list<Number> values)
    : Tensor(empty({static_cast<int64_t>(values.size())})) {
  float* out = data<float>();
  for (const Number number : values) *out++ = static_cast<float>(number.value);
}

Tensor::Tensor(std::initializer_list<std::initializer_list<double>> rows)
    : Tensor(empty(shape_of_rows(rows))) {
  float* out = data<float>();
  for (const auto& row : rows)
    for (const double value : row) *out++ = static_cast<float>(value);
}

Tensor::Tensor(double scalar) : Tensor(empty(Shape())) {
  *data<float>() = static_cast<float>(scalar);
}

template <typename T>
Tensor Tensor::from(std::span<const T> values, const Shape& shape) {
  if (static_cast<int64_t>(values.size()) != shape.elements())
    fail("tensor", "{} values do not fill shape {}; it takes {}", values.size(), to_string(shape),
         shape.elements());
  Tensor tensor = empty(shape, dtype_of<T>);
  if (!values.empty()) std::memcpy(tensor.raw(), values.data(), tensor.bytes());
  return tensor;
}

Tensor Tensor::empty(const Shape& shape, DType dtype, Device& device) {
  Tensor tensor;
  tensor.storage_ = std::make_shared<Storage>(device, tensor_bytes(shape, dtype));
  tensor.shape_ = shape;
  tensor.elements_ = shape.elements();
  tensor.dtype_ = dtype;
  if (dtype == DType::string) device.fill_zero(tensor.raw(), tensor.bytes());  // empty texts
  return tensor;
}

Tensor Tensor::text(const std::vector<std::string>& texts) {
  return text(texts, {static_cast<int64_t>(texts.size())});
}

Tensor Tensor::text(const std::vector<std::string>& texts, const Shape& shape) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  Tensor tensor = from(views, shape);
  tensor.own_text();
  return tensor;
}

// Its elements move into memory of its own.
void Tensor::own_text() const {
  if (dtype_ != DType::string) return;
  const auto texts = span<std::string_view>();
  size_t size = 0;
  for (const auto& text : texts) size += text.size();
  const auto owned = std::make_shared<std::string>();
  owned->reserve(size);
  for (auto& text : texts) {
    const size_t at = owned->size();
    owned->append(text);
    text = std::string_view(owned->data() + at, text.size());
  }
  storage_->keep(owned);
}

std::vector<std::string> Tensor::to_strings() const {
  const auto texts = span<std::string_view>();
  return {texts.begin(), texts.end()};
}

Tensor Tensor::zeros(const Shape& shape, DType dtype) {
  Tensor tensor = empty(shape, dtype);
  tensor.device().fill_zero(tensor.raw(), tensor.bytes());
  return tensor;
}

Tensor Tensor::full(const Shape& shape, double value, DType dtype) {
  Tensor tensor = empty(shape, dtype);
  visit_dtype(dtype, [&](auto type) {
    decltype(type) element{};
    convert_elements(&value, DType::f64, &element, dtype, 1);
    for (auto& each : tensor.span<decltype(type)>()) each = element;
  });
  return tensor;
}

void Tensor::require(DType dtype) const {
  require_elements(*this);
  if (dtype != dtype_)
    fail("tensor", "elements are {}, not {}; convert with to()", name_of(dtype_), name_of(dtype));
  if (!tensor_on_host(*this))
    fail("tensor", "elements are on {}; copy them with to_host()", storage_->device().name());
}

template <typename T>
std::vector<T> Tensor::to_vector() const {
  const Tensor same = to_host().to(dtype_of<T>);
  const auto values = same.span<T>();
  return {values.begin(), values.end()};
}

double Tensor::item() const {
  require_elements(*this);
  if (elements_ != 1)
    fail("tensor", "item() takes one element, shape {} has {}; index it with at()",
         to_string(shape_), elements_);
  return tensor_element(*this, 0);
}

double Tensor::at(std::initializer_list<int64_t> index) const {
  require_elements(*this);
  if (static_cast<int>(index.size()) != shape_.rank())
    fail("tensor", "{} indices for shape {}; give one per axis", index.size(), to_string(shape_));
  int64_t offset = 0;
  int axis = 0;
  for (const int64_t i : index) {
    const int64_t extent = shape_[axis];
    if (i < 0 || i >= extent)
      fail("tensor", "index {} of axis {} is outside shape {}; use 0 to {}", i, axis,
           to_string(shape_), extent - 1);
    offset = offset * extent + i;
    ++axis;
  }
  return tensor_element(*this, offset);
}

Tensor Tensor::reshape(const Shape& shape) const {
  require_elements(*this);
  if (shape.elements() != elements_)
    fail("reshape", "{} has {} elements, {} takes {}; keep the number of elements",
         to_string(shape_), elements_, to_string(shape), shape.elements());
  return Tensor(storage_, offset_, shape, dtype_);
}

Tensor Tensor::row(int64_t index) const {
  const Tensor one = slice_rows(index, index + 1);
  return Tensor(one.storage_, one.offset_, shape_.tail(), dtype_);
}

Tensor Tensor::slice_rows(int64_t begin, int64_t end) const {
  require_elements(*this);
  if (shape_.rank() == 0) fail("tensor", "a scalar has no rows; reshape it first");
  if (begin < 0 || end < begin || end > rows())
    fail("tensor", "rows {} to {} are outside shape {}; use 0 to {}", begin, end, to_string(shape_),
         rows());
  std::vector<int64_t> dims = shape_.dims();
  dims[0] = end - begin;
  const size_t row_bytes = static_cast<size_t>(shape_.elements_per_row()) * size_of(dtype_);
  return Tensor(storage_, offset_ + static_cast<size_t>(begin) * row_bytes, Shape(std::move(dims)),
                dtype_);
}

Tensor Tensor::take_rows(std::span<const int64_t> rows) const {
  require_elements(*this);
  if (shape_.rank() == 0) fail("tensor", "a scalar has no rows; reshape it first");
  if (!tensor_on_host(*this)) return to_host().take_rows(rows).to(device());
  std::vector<int64_t> dims = shape_.dims();
  dims[0] = static_cast<int64_t>(rows.size());
  Tensor taken = empty(Shape(std::move(dims)), dtype_);
  const size_t row_bytes = static_cast<size_t>(shape_.elements_per_row()) * size_of(dtype_);
  std::byte* out = taken.raw();
  for (const int64_t row : rows) {
    if (row < 0 || row >= this->rows())
      fail("tensor", "row {} is outside shape {}; use 0 to {}", row, to_string(shape_),
           this->rows() - 1);
    if (row_bytes > 0) std::memcpy(out, raw() + static_cast<size_t>(row) * row_bytes, row_bytes);
    out += row_bytes;
  }
  taken.own_text();
  return taken;
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  require_elements(*this);
  if (!tensor_on_host(*this)) return to_host().to(dtype).to(device());
  Tensor converted = empty(shape_, dtype);
  convert_elements(raw(), dtype_, converted.raw(), dtype, elements_);
  return converted;
}

Tensor Tensor::to(Device& device) const {
  require_elements(*this);
  if (&device == &storage_->device()) return *this;
  Tensor copy = empty(shape_, dtype_, device);
  copy.copy_from(*this);
  return copy;
}

Tensor Tensor::clone() const {
  if (!defined()) return *this;
  Tensor copy = empty(shape_, dtype_, device());
  copy.copy_from(*this);
  return copy;
}

void Tensor::copy_from(const Tensor& source) const {
  require_elements(*this);
  require_elements(source);
  if (shape_ != source.shape_ || dtype_ != source.dtype_)
    fail("tensor", "cannot copy {} of shape {} into {} of shape {}; both must agree",
         name_of(source.dtype_), to_string(source.shape_), name_of(dtype_), to_string(shape_));
  if (tensor_on_host(source)) {
    device().copy_from_host(raw(), source.raw(), bytes());
    return own_text();
  }
  if (tensor_on_host(*this)) return source.device().copy_to_host(raw(), source.raw(), bytes());
  const Tensor host = source.to_host();  // devices do not know each other
  device().copy_from_host(raw(), host.raw(), bytes());
}

#define TUTTI_TENSOR_TYPE(T)                                         \
  template Tensor Tensor::from<T>(std::span<const T>, const Shape&); \
  template std::vector<T> Tensor::to_vector<T>() const;
TUTTI_TENSOR_TYPE(float)
TUTTI_TENSOR_TYPE(double)
TUTTI_TENSOR_TYPE(int32_t)
TUTTI_TENSOR_TYPE(int64_t)
TUTTI_TENSOR_TYPE(uint8_t)
TUTTI_TENSOR_TYPE(int8_t)
TUTTI_TENSOR_TYPE(bool)
TUTTI_TENSOR_TYPE(BFloat16)
TUTTI_TENSOR_TYPE(Float16)
TUTTI_TENSOR_TYPE(std::string_view)
#undef TUTTI_TENSOR_TYPE

}  // namespace tutti
