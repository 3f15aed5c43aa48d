// State_dicts: names, shapes and orders, there and back, and what is refused.
#include "io/torch/state_dict.h"

#include "core/layers/activation_layers.h"
#include "core/layers/batch_normalization.h"
#include "core/layers/bidirectional.h"
#include "core/layers/convolution.h"
#include "core/layers/convolution_transpose.h"
#include "core/layers/dense.h"
#include "core/layers/depthwise_convolution.h"
#include "core/layers/embedding.h"
#include "core/layers/gru.h"
#include "core/layers/input_layer.h"
#include "core/layers/lstm.h"
#include "core/layers/multi_head_attention.h"
#include "core/layers/pooling.h"
#include "core/layers/prelu.h"
#include "core/layers/reshaping.h"
#include "core/layers/row_normalizations.h"
#include "core/layers/simple_rnn.h"
#include "core/model/sequential.h"
#include "io/formats/safetensors.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

Tensor ramp(const Shape& shape, DType dtype = DType::f32) {
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); ++i)
    values[i] =
        dtype == DType::f32 ? static_cast<float>(i % 17) / 8 - 1 : static_cast<float>(i % 5);
  return Tensor::from(values, shape).to(dtype);
}

using MakeModel = std::function<std::shared_ptr<Model>()>;

std::string shapes_of(const std::string& path) {
  std::string text;
  for (const auto& [name, tensor] : read_safetensors(path).tensors)
    text += (text.empty() ? "" : " ") + name + to_string(tensor.shape());
  return text;
}

// A second model of the same shape predicts the same with the first one's state_dict.
std::string there_and_back(const MakeModel& make, const Tensor& x) {
  const auto model = make(), other = make();
  for (const auto& weight : model->weights())
    weight->set_value(weight->name().ends_with("variance") ? Tensor::full(weight->shape(), 0.5)
                                                           : ramp(weight->shape()));
  const DataFolder folder;
  const std::string path = (folder / "weights.safetensors").string();
  save_state_dict(*model, path);
  const auto wanted = model->predict(x).to_vector<float>();
  EXPECT_NE(other->predict(x).to_vector<float>(), wanted);
  load_state_dict(*other, path);
  EXPECT_EQ(other->predict(x).to_vector<float>(), wanted);
  return shapes_of(path);
}

template <typename... Makers>
MakeModel stack_of(const Shape& shape, const Makers&... makers) {
  return [=] {
    auto model = std::make_shared<Sequential>("net");
    model->add(LayerHandle(std::make_shared<InputLayer>(InputOptions{.shape = shape})));
    (model->add(makers()), ...);
    return model;
  };
}

TEST(StateDict, OfPlainLayersTravels) {
  const auto make = stack_of(
      {7}, [] { return Dense({.units = 5}, "hidden"); },
      [] { return PReLU(PReLUOptions{}, "slopes"); },
      [] { return LayerNormalization(LayerNormalizationOptions{}, "norm"); },
      [] { return Dense({.units = 2, .use_bias = false}, "out"); });
  EXPECT_EQ(there_and_back(make, ramp({4, 7})),
            "hidden.weight(5, 7) hidden.bias(5,) slopes.weight(5,) norm.weight(5,) norm.bias(5,) "
            "out.weight(2, 5)");
}

TEST(StateDict, OfConvolutionsTravels) {
  const auto make = stack_of(
      {8, 8, 3}, [] { return Conv2D({.filters = 4, .kernel_size = 3}, "conv"); },
      [] { return BatchNormalization({.scale = false}, "bn"); },
      [] { return DepthwiseConv2D({.kernel_size = 2, .depth_multiplier = 2}, "depth"); },
      [] { return Conv2DTranspose({.filters = 5, .kernel_size = 3}, "up"); },
      [] { return SeparableConv2D({.filters = 2, .kernel_size = 3}, "sep"); });
  EXPECT_EQ(there_and_back(make, ramp({2, 8, 8, 3})),
            "conv.weight(4, 3, 3, 3) conv.bias(4,) bn.weight(4,) bn.bias(4,) bn.running_mean(4,) "
            "bn.running_var(4,) bn.num_batches_tracked() depth.weight(8, 1, 2, 2) depth.bias(8,) "
            "up.weight(8, 5, 3, 3) up.bias(5,) sep.depthwise.weight(5, 1, 3, 3) "
            "sep.pointwise.weight(2, 5, 1, 1) sep.pointwise.bias(2,)");
}

TEST(StateDict, OfRecurrentLayersTravels) {
  const auto make = stack_of(
      {6, 3}, [] { return LSTM({.units = 4, .return_sequences = true}, "lstm"); },
      [] { return Bidirectional({.layer = GRU({.units = 2, .return_sequences = true})}, "both"); },
      [] { return SimpleRNN({.units = 3, .use_bias = false}, "rnn"); });
  EXPECT_EQ(there_and_back(make, ramp({2, 6, 3})),
            "lstm.weight_ih_l0(16, 3) lstm.weight_hh_l0(16, 4) lstm.bias_ih_l0(16,) "
            "lstm.bias_hh_l0(16,) both.weight_ih_l0(6, 4) both.weight_hh_l0(6, 2) "
            "both.bias_ih_l0(6,) both.bias_hh_l0(6,) both.weight_ih_l0_reverse(6, 4) "
            "both.weight_hh_l0_reverse(6, 2) both.bias_ih_l0_reverse(6,) "
            "both.bias_hh_l0_reverse(6,) rnn.weight_ih_l0(3, 4) rnn.weight_hh_l0(3, 3)");
}

// Keras's columns are z, r and the candidate's, PyTorch's rows r, z and n.
TEST(StateDict, PutsTheGatesOfAGruInPyTorchsOrder) {
  const auto model = stack_of({2, 1}, [] { return GRU({.units = 1}, "gru"); })();
  const auto weights = model->weights();
  weights[0]->set_value(Tensor::from(std::vector<float>{1, 2, 3}, {1, 3}));
  weights[2]->set_value(Tensor::from(std::vector<float>{1, 2, 3, 4, 5, 6}, {2, 3}));
  const DataFolder folder;
  save_state_dict(*model, (folder / "gru.safetensors").string());
  std::map<std::string, Tensor> found;
  for (const auto& [name, tensor] : read_safetensors(folder / "gru.safetensors").tensors)
    found[name] = tensor;
  using testing::ElementsAre;
  EXPECT_THAT(found.at("gru.weight_ih_l0").to_vector<float>(), ElementsAre(2, 1, 3));
  EXPECT_THAT(found.at("gru.bias_ih_l0").to_vector<float>(), ElementsAre(2, 1, 3));
  EXPECT_THAT(found.at("gru.bias_hh_l0").to_vector<float>(), ElementsAre(5, 4, 6));
}

std::shared_ptr<Model> attention(int64_t depth) {
  const Value x = Input({5, 6});
  return std::make_shared<Model>(
      x, MultiHeadAttention({.num_heads = 2, .key_dim = depth}, "heads")({x, x}));
}

TEST(StateDict, OfAttentionTravelsWhereHeadsFillTheWidth) {
  EXPECT_EQ(there_and_back([] { return attention(3); }, ramp({2, 5, 6})),
            "heads.in_proj_weight(18, 6) heads.in_proj_bias(18,) heads.out_proj.weight(6, 6) "
            "heads.out_proj.bias(6,)");
  const DataFolder folder;
  const std::string path = (folder / "x.safetensors").string();
  EXPECT_TRUE(
      throws_with([&] { save_state_dict(*attention(4), path); }, {"[heads]", "heads times"}));
}

TEST(StateDict, RefusesWhatHasNoCounterpartByName) {
  const DataFolder folder;
  const std::string path = (folder / "x.safetensors").string();
  const auto refused = [&](const MakeModel& make, const std::vector<std::string>& pieces) {
    EXPECT_TRUE(throws_with([&] { save_state_dict(*make(), path); }, pieces));
  };
  refused(stack_of({3, 2}, [] { return LSTM({.units = 2, .activation = "relu"}, "fast"); }),
          {"[fast]", "another activation", "tanh"});
  refused(stack_of({3, 2}, [] { return GRU({.units = 2, .reset_after = false}, "old"); }),
          {"[old]", "reset_after"});
  refused(stack_of({3, 2}, [] { return SimpleRNN({.units = 2, .go_backwards = true}, "back"); }),
          {"[back]", "backwards"});
  refused(stack_of({3, 2}, [] { return PReLU(PReLUOptions{}, "slopes"); }),
          {"[slopes]", "shared_axes"});
  refused(stack_of({4}, [] { return Dense({.units = 2, .activation = PReLU()}, "both"); }),
          {"[both]", "a layer of its own"});
  refused(stack_of({4}, [] { return Dense({.units = 2}, "a.b"); }), {"[a.b]", "rename"});
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(StateDict, RefusesOtherTensors) {
  const auto make = [](int64_t units) {
    return stack_of({4}, [units] { return Dense({.units = units}, "dense"); })();
  };
  const DataFolder folder;
  const std::string path = (folder / "x.safetensors").string();
  save_state_dict(*make(2), path);
  EXPECT_TRUE(throws_with([&] { load_state_dict(*make(3), path); }, {"'dense.weight' has shape"}));
  Safetensors file = read_safetensors(path);
  file.tensors.emplace_back("other.weight", ramp({2}));
  write_safetensors(path, file);
  EXPECT_TRUE(
      throws_with([&] { load_state_dict(*make(2), path); }, {"'other.weight' belongs to no"}));
  file.tensors.erase(file.tensors.begin());
  write_safetensors(path, file);
  EXPECT_TRUE(throws_with([&] { load_state_dict(*make(2), path); }, {"has no 'dense."}));
}

}  // namespace
}  // namespace tutti
