#include "core/layers/index_lookup.h"

#include <fmt/format.h>

#include <bit>
#include <limits>

#include "core/layers/vocabulary_layer.h"
#include "core/ops/take.h"

namespace tutti {
namespace {

template <typename Token, typename Options>
VocabularyRules<Token> rules_of(const char* where, const Options& options) {
  return {where,
          options.max_tokens,
          options.num_oov_indices,
          options.mask_token,
          options.oov_token,
          options.invert,
          options.output_mode,
          options.pad_to_max_tokens};
}

[[noreturn]] void fail_unknown(const std::string& where) {
  fail(where, "has no vocabulary; call adapt() on the training data, or give one");
}

// Text to indices; one out of the vocabulary to the bins of a hash.
class StringIndexOp final : public HostOp {
 public:
  StringIndexOp(std::string where, std::shared_ptr<const Vocabulary<std::string>> vocabulary,
                Salt salt)
      : where_(std::move(where)), vocabulary_(std::move(vocabulary)), salt_(salt) {}
  std::string_view name() const override { return "string_lookup"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    if (inputs[0].dtype != DType::string)
      fail(where_, "looks up text, got {}; give it text, or use an IntegerLookup",
           name_of(inputs[0].dtype));
    return {{DType::i64, inputs[0].shape, inputs[0].kind}};
  }
  std::string parameters() const override { return fmt::format("{}", fmt::ptr(this)); }
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    if (!vocabulary_) fail_unknown(where_);
    const auto words = inputs[0].span<std::string_view>();
    const auto out = output.span<int64_t>();
    for (size_t i = 0; i < out.size(); ++i) out[i] = index_of(std::string(words[i]));
  }

 private:
  int64_t index_of(const std::string& word) const {
    if (const auto found = vocabulary_->find(word)) return *found;
    const int64_t oov = vocabulary_->rules().num_oov_indices;
    if (oov == 0)
      fail(ExitCode::data, where_,
           "'{}' is not in the vocabulary; give num_oov_indices of 1 or more for such words",
           word.substr(0, 40));
    return vocabulary_->oov_start() + HashOp(oov, salt_).bin_of(word);
  }

  std::string where_;
  std::shared_ptr<const Vocabulary<std::string>> vocabulary_;
  Salt salt_;
};

// Indices to text.
class IndexStringOp final : public HostOp {
 public:
  IndexStringOp(std::string where, std::shared_ptr<const Vocabulary<std::string>> vocabulary)
      : where_(std::move(where)), vocabulary_(std::move(vocabulary)) {
    if (vocabulary_) words_ = vocabulary_->tokens();
  }
  std::string_view name() const override { return "string_of_index"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    if (is_floating(inputs[0].dtype) || inputs[0].dtype == DType::string)
      fail(where_, "takes indices, got {}; give it whole numbers", name_of(inputs[0].dtype));
    return {{DType::string, inputs[0].shape, inputs[0].kind}};
  }
  std::string parameters() const override { return fmt::format("{}", fmt::ptr(this)); }
  // Views into words_, which live as long as this op does.
  void compute(std::span<const Tensor> inputs, const Tensor& output) const override {
    if (!vocabulary_) fail_unknown(where_);
    const auto indices = inputs[0].to_vector<int64_t>();
    const auto out = output.span<std::string_view>();
    for (size_t i = 0; i < out.size(); ++i) {
      const bool known = indices[i] >= 0 && indices[i] < static_cast<int64_t>(words_.size());
      out[i] = known ? std::string_view(words_[static_cast<size_t>(indices[i])]) : oov();
    }
  }

 private:
  std::string_view oov() const {
    const auto& token = vocabulary_->rules().oov_token;
    return token ? std::string_view(*token) : std::string_view();
  }

  std::string where_;
  std::shared_ptr<const Vocabulary<std::string>> vocabulary_;
  std::vector<std::string> words_;
};

// Stands where the tokens are yet to be read, and is no function of anything before.
class NoIndexOp final : public HostOp {
 public:
  explicit NoIndexOp(std::string where) : where_(std::move(where)) {}
  std::string_view name() const override { return "integer_lookup"; }
  std::vector<ValueType> infer(std::span<const ValueType> inputs) const override {
    return {inputs[0]};
  }
  std::string parameters() const override { return where_; }
  void compute(std::span<const Tensor>, const Tensor&) const override { fail_unknown(where_); }

 private:
  std::string where_;
};

Value whole(const std::vector<int64_t>& numbers) {
  return Value(Tensor::from(numbers, {static_cast<int64_t>(numbers.size())}));
}
Value whole(int64_t number) { return Value(Tensor::from(std::vector<int64_t>{number}, {})); }

}  // namespace

StringLookupLayer::StringLookupLayer(Options options)
    : VocabularyLayer(options, rules_of<std::string>("StringLookup", options)) {
  salt_of("StringLookup", options.salt);
}

std::vector<Value> StringLookupLayer::call(const std::vector<Value>& inputs) {
  const Value& input = only(inputs);
  if (options().invert)
    return {on_host(std::make_shared<IndexStringOp>(where(), vocabulary()), {input})};
  const Salt salt = salt_of(where(), options().salt);
  return {encoded(on_host(std::make_shared<StringIndexOp>(where(), vocabulary(), salt), {input}))};
}

IntegerLookupLayer::IntegerLookupLayer(Options options)
    : VocabularyLayer(options, rules_of<int64_t>("IntegerLookup", options)) {
  if (options.vocabulary_dtype != "int64")
    fail("IntegerLookup", "vocabulary_dtype '{}' is not int64; leave it out",
         options.vocabulary_dtype);
  if (salt_of("IntegerLookup", options.salt) && options.oov_method != "farmhash")
    fail("IntegerLookup", "salt is for oov_method farmhash; choose that, or leave salt out");
}

std::vector<Value> IntegerLookupLayer::call(const std::vector<Value>& inputs) {
  const Value numbers = cast(only(inputs), DType::i64);
  if (!vocabulary()) {
    const Value none = on_host(std::make_shared<NoIndexOp>(where()), {numbers});
    return {options().invert ? none : encoded(none)};
  }
  if (options().invert) return {number_at(numbers)};
  return {encoded(index_of(numbers))};
}

// A binary search in the sorted tokens, a step for each bit of their number.
Value IntegerLookupLayer::index_of(const Value& numbers) const {
  std::map<int64_t, int64_t> sorted;
  for (const int64_t token : known().own_tokens()) sorted[token] = *known().find(token);
  const auto extent = std::bit_ceil(sorted.size());
  std::vector<int64_t> keys, indices;
  for (const auto& [token, index] : sorted) keys.push_back(token), indices.push_back(index);
  keys.resize(extent, std::numeric_limits<int64_t>::max());
  indices.resize(extent, -1);
  const Value table = whole(keys);
  Value at = numbers - numbers;
  for (auto step = static_cast<int64_t>(extent / 2); step > 0; step /= 2) {
    const Value next = at + whole(step);
    at = select(greater_equal(numbers, take(table, next)), next, at);
  }
  const Value found = take(whole(indices), at);
  const Value hit = logical_and(equal(take(table, at), numbers), greater_equal(found, whole(0)));
  const int64_t oov = options().num_oov_indices, start = known().oov_start();
  Value unknown = whole(oov == 0 ? -1 : start);
  if (oov > 1) {
    const Salt salt = salt_of(where(), options().salt);
    unknown = (options().oov_method == "farmhash"
                   ? on_host(std::make_shared<HashOp>(oov, salt), {numbers})
                   : mod(numbers, whole(oov))) +
              whole(start);
  }
  const Value index = select(hit, found, unknown);
  const auto& mask = options().mask_token;
  if (!mask) return index;
  return select(equal(numbers, whole(*mask)), whole(options().output_mode == "int" ? 0 : -1),
                index);
}

Value IntegerLookupLayer::number_at(const Value& indices) const {
  std::vector<int64_t> tokens = known().tokens();
  const auto size = static_cast<int64_t>(tokens.size());
  const Value inside = logical_and(greater_equal(indices, whole(0)), less(indices, whole(size)));
  return select(inside, take(whole(tokens), indices), whole(options().oov_token.value_or(0)));
}

template class VocabularyLayer<std::string, StringLookupOptions>;
template class VocabularyLayer<int64_t, IntegerLookupOptions>;

namespace {

constexpr auto declare_lookup = []<typename Builder>(Builder& builder) {
  using O = typename Builder::Options;
  builder
      .argument("max_tokens", &O::max_tokens, "most tokens, special ones included; null: no limit")
      .argument("num_oov_indices", &O::num_oov_indices, "indices for what is not in the vocabulary")
      .argument("mask_token", &O::mask_token, "stands for nothing: index 0, or no mark")
      .argument("oov_token", &O::oov_token, "what unknown indices become when inverted")
      .argument("vocabulary", &O::vocabulary, "the tokens; null: adapt() finds them")
      .argument("idf_weights", &O::idf_weights, "of each token, for tf_idf")
      .argument("invert", &O::invert, "from indices to tokens")
      .choice("output_mode", &O::output_mode, {"int", "one_hot", "multi_hot", "count", "tf_idf"},
              "indices, or marks, counts or weighted counts of them")
      .argument("pad_to_max_tokens", &O::pad_to_max_tokens, "encodings are max_tokens wide")
      .argument("sparse", &O::sparse, "refused; outputs are dense")
      .argument("salt", &O::salt, "keys of SipHash for several oov indices; null: FarmHash")
      .argument("vocabulary_size", &O::vocabulary_size, "of a vocabulary that is yet to be read");
};

}  // namespace

TUTTI_REGISTER(Layer, StringLookupLayer, "StringLookup", "text to its number in a vocabulary")
    .with(declare_lookup)
    .choice("encoding", &StringLookupOptions::encoding, {"utf-8"}, "of the text")
    .choice("oov_method", &StringLookupOptions::oov_method, {"floormod", "farmhash"},
            "no difference: text is always hashed");

TUTTI_REGISTER(Layer, IntegerLookupLayer, "IntegerLookup", "numbers to theirs in a vocabulary")
    .with(declare_lookup)
    .argument("vocabulary_dtype", &IntegerLookupOptions::vocabulary_dtype, "int64")
    .choice("oov_method", &IntegerLookupOptions::oov_method, {"floormod", "farmhash"},
            "how unknown numbers are put into several oov indices");

}  // namespace tutti
