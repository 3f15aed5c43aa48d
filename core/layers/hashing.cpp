#include "core/layers/hashing.h"

#include "core/base/error.h"
#include "core/base/string_hash.h"
#include "core/layers/category_encoding.h"

namespace tutti {
namespace {

class CrossOp final : public HostOp {
 public:
  explicit CrossOp(int64_t bins) : bins_(bins) {}
  std::string_view name() const override { return "hashed_crossing"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {{DType::i64, inputs[0].shape, inputs[0].kind}};
  }
  std::string parameters() const override { return std::to_string(bins_); }
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    constexpr uint64_t kBegin = 0xDECAFCAFFE;  // TensorFlow's default key
    const auto out = output.span<int64_t>();
    std::vector<uint64_t> crossed(out.size(), kBegin);
    for (const auto& input : inputs) {
      const bool text = input.dtype() == DType::string;
      const auto numbers = text ? std::vector<int64_t>() : input.to_vector<int64_t>();
      for (size_t i = 0; i < crossed.size(); ++i)
        crossed[i] =
            combined_fingerprint(crossed[i], text ? farm_hash64(input.span<std::string_view>()[i])
                                                  : static_cast<uint64_t>(numbers[i]));
    }
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<int64_t>(crossed[i] % static_cast<uint64_t>(bins_));
  }

 private:
  int64_t bins_;
};

// int64 where the layer has its own dtype, a floating one.
DType bin_dtype(const std::string& output_mode, DType layer) {
  return output_mode == "int" && is_floating(layer) ? DType::i64 : layer;
}

}  // namespace

Salt salt_of(const std::string& where, const std::optional<std::vector<int64_t>>& salt) {
  if (!salt) return std::nullopt;
  if (salt->empty() || salt->size() > 2)
    fail(where, "salt has {} numbers; give one, or two", salt->size());
  return std::array{static_cast<uint64_t>(salt->front()), static_cast<uint64_t>(salt->back())};
}

std::vector<ValueType> HashOp::infer(std::span<const ValueType> inputs) const {
  return {{DType::i64, inputs[0].shape, inputs[0].kind}};
}

std::string HashOp::parameters() const {
  return fmt::format("{} {} {} {}", bins_, salt_ ? (*salt_)[0] : 0, salt_ ? (*salt_)[1] : 0,
                     to_string(mask_)) +
         (salt_ ? " salted" : "");
}

int64_t HashOp::bin_of(std::string_view text) const {
  const bool masked = !mask_.is_null() && bins_ > 1;
  const auto bins = static_cast<uint64_t>(masked ? bins_ - 1 : bins_);
  const uint64_t hash = salt_ ? sip_hash64(text, (*salt_)[0], (*salt_)[1]) : farm_hash64(text);
  return static_cast<int64_t>(hash % bins) + (masked ? 1 : 0);
}

void HashOp::compute(std::span<const Tensor> inputs, const Tensor& output) const {
  const auto out = output.span<int64_t>();
  const bool masked = !mask_.is_null() && bins_ > 1;
  if (inputs[0].dtype() == DType::string) {
    const auto texts = inputs[0].span<std::string_view>();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = masked && texts[i] == mask_.as_string() ? 0 : bin_of(texts[i]);
    return;
  }
  const auto numbers = inputs[0].to_vector<int64_t>();
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = masked && numbers[i] == mask_.as_int() ? 0 : bin_of(std::to_string(numbers[i]));
}

HashingLayer::HashingLayer(Options options)
    : options_(std::move(options)), salt_(salt_of("Hashing", options_.salt)) {
  if (options_.num_bins < 1) fail("Hashing", "num_bins is {}; use 1 or more", options_.num_bins);
  refuse_sparse("Hashing", options_.sparse);
}

std::vector<Value> HashingLayer::call(const std::vector<Value>& inputs) {
  const Value& input = only(inputs);
  const Config& mask = options_.mask_value;
  if (!mask.is_null() && mask.is_string() != (input.dtype() == DType::string))
    fail(where(), "mask_value {} is no element of a {} input; give one that is", to_string(mask),
         name_of(input.dtype()));
  const Value bins = on_host(std::make_shared<HashOp>(options_.num_bins, salt_, mask), {input});
  return {encode_categories(bins, options_.output_mode, options_.num_bins,
                            bin_dtype(options_.output_mode, dtype()))};
}

HashedCrossingLayer::HashedCrossingLayer(Options options) : options_(std::move(options)) {
  if (options_.num_bins < 1)
    fail("HashedCrossing", "num_bins is {}; use 1 or more", options_.num_bins);
  refuse_sparse("HashedCrossing", options_.sparse);
}

std::vector<Value> HashedCrossingLayer::call(const std::vector<Value>& inputs) {
  if (inputs.size() < 2) fail(where(), "crosses at least two inputs; give more");
  for (const auto& input : inputs) {
    const Shape& shape = input.shape();
    if (shape != inputs[0].shape() || shape.rank() > 2 || (shape.rank() == 2 && shape[1] != 1))
      fail(where(), "takes inputs of one shape, (None,) or (None, 1), got {}; reshape them",
           to_string(shape));
    if (is_floating(input.dtype()))
      fail(where(), "takes text and whole numbers, got {}; give such an input an integer dtype",
           name_of(input.dtype()));
  }
  const Value bins = on_host(std::make_shared<CrossOp>(options_.num_bins), inputs);
  return {encode_categories(bins, options_.output_mode, options_.num_bins,
                            bin_dtype(options_.output_mode, dtype()))};
}

TUTTI_REGISTER(Layer, HashingLayer, "Hashing", "text and numbers put into bins by a hash")
    .required("num_bins", &HashingOptions::num_bins, "how many bins")
    .argument("mask_value", &HashingOptions::mask_value, "what takes bin 0; null: nothing does")
    .argument("salt", &HashingOptions::salt, "keys of SipHash; null: FarmHash")
    .choice("output_mode", &HashingOptions::output_mode, {"int", "one_hot", "multi_hot", "count"},
            "bins, or marks or counts of them")
    .argument("sparse", &HashingOptions::sparse, "refused; outputs are dense");

TUTTI_REGISTER(Layer, HashedCrossingLayer, "HashedCrossing", "combinations of inputs put into bins")
    .required("num_bins", &HashedCrossingOptions::num_bins, "how many bins")
    .choice("output_mode", &HashedCrossingOptions::output_mode, {"int", "one_hot"},
            "bins, or marks of them")
    .argument("sparse", &HashedCrossingOptions::sparse, "refused; outputs are dense");

}  // namespace tutti
