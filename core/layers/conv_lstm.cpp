#include "core/layers/conv_lstm.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/layers/lstm.h"
#include "core/ops/concatenate.h"
#include "core/ops/convolution.h"
#include "core/ops/elementwise.h"
#include "core/ops/reshape.h"
#include "core/ops/slice.h"
#include "core/ops/transpose.h"

namespace tutti {
namespace {

// One step, channels last.
class ConvLSTMCell final : public GatedCell {
 public:
  ConvLSTMCell(size_t axes, const char* name, const ConvLSTMOptions& options)
      : GatedCell(name, parts_of(options), 4), axes_(axes), options_(options) {}

  size_t spatial_axes() const override { return axes_; }
  std::vector<Shape> state_shapes(const Shape& input) const override {
    std::vector<int64_t> dims = input_windows(input).positions(extents_of(input), where().c_str());
    dims.insert(dims.begin(), input[0]);
    dims.push_back(options_.filters);
    return std::vector<Shape>(2, Shape(std::move(dims)));
  }

  CellRun begin(const Shape& input) override {
    const auto by = [](const Windows& windows) {
      return [windows](const Value& x, const Value& w) { return convolution(x, w, windows); };
    };
    const Windows in_place = padded_windows(extents_of(state_shapes(input).front()),
                                            options_.kernel_size.values(), ones(), ones(), "same");
    const DroppedProduct seen(kernel(), input_masks(input), by(input_windows(input)));
    const DroppedProduct state(recurrent_kernel(), state_masks(input), by(in_place));
    const auto one = [this, seen](const Value& x) {
      return has_bias() ? seen(x) + bias() : seen(x);
    };
    const auto project = [one, rank = input.rank()](const Value& x) {
      if (x.shape().rank() == rank) return one(x);
      std::vector<Value> steps;
      for (const auto& step : split(x, static_cast<int>(x.shape()[1]), 1))
        steps.push_back(one(squeeze(step, 1)));
      return stack(steps, 1);
    };
    const auto step = [this, state](const Value& x, const std::vector<Value>& states) {
      return lstm_step(x + state(states[0]), states[1]);
    };
    return {project, step};
  }

 protected:
  std::vector<int64_t> window() const override { return options_.kernel_size.values(); }
  bool fits(const Shape& built, const Shape& given) const override { return built == given; }
  Ref<Initializer> bias_initializer() const override {
    const auto& given = options_.bias_initializer;
    return options_.unit_forget_bias ? open_forget_gate(given, options_.filters) : given;
  }

 private:
  static CellParts parts_of(const ConvLSTMOptions& options) {
    CellParts parts = cell_options<CellParts>(options);
    parts.units = options.filters;
    return parts;
  }
  std::vector<int64_t> ones() const { return std::vector<int64_t>(axes_, 1); }
  std::vector<int64_t> extents_of(const Shape& input) const {
    return spatial_shape(input, {}, axes_, where()).extents;
  }
  Windows input_windows(const Shape& input) const {
    return padded_windows(extents_of(input), options_.kernel_size.values(),
                          options_.strides.values(), options_.dilation_rate.values(),
                          options_.padding);
  }

  size_t axes_;
  ConvLSTMOptions options_;
};

ConvLSTMOptions resolved(size_t axes, const char* name, ConvLSTMOptions options) {
  if (options.filters <= 0) fail(name, "filters is {}; use one or more", options.filters);
  resolve_windows({axes, options.kernel_size, options.strides, options.dilation_rate,
                   options.padding, options.data_format},
                  name);
  return options;
}

std::shared_ptr<RecurrentCell> cell_for(size_t axes, const char* name,
                                        const ConvLSTMOptions& options) {
  auto cell = std::make_shared<ConvLSTMCell>(axes, name, resolved(axes, name, options));
  cell->set_name("conv_lstm_cell");
  return cell;
}

// The axis at `from` moved to `to`.
std::vector<int> moved(int rank, int from, int to) {
  std::vector<int> order(static_cast<size_t>(rank));
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + from);
  order.insert(order.begin() + to, from);
  return order;
}

}  // namespace

ConvLSTMLayer::ConvLSTMLayer(size_t axes, const char* name, Options options)
    : RecurrentLayer(cell_for(axes, name, options), recurrence_of(options),
                     options.activity_regularizer),
      options_(resolved(axes, name, options)) {}

bool ConvLSTMLayer::fits(const Shape& built, const Shape& given) const {
  return built.rank() == given.rank();  // the cell looks at the rest
}

void ConvLSTMLayer::build(const std::vector<Shape>& inputs) {
  std::vector<Shape> last = inputs;
  if (options_.data_format == "channels_first" && !inputs.empty() && inputs[0].rank() > 2) {
    std::vector<int64_t> dims = inputs[0].dims();
    std::rotate(dims.begin() + 2, dims.begin() + 3, dims.end());
    last[0] = Shape(std::move(dims));
  }
  RecurrentLayer::build(last);
}

std::vector<Value> ConvLSTMLayer::call(const std::vector<Value>& inputs) {
  if (options_.data_format != "channels_first") return RecurrentLayer::call(inputs);
  // Channels stand behind the rows, and behind the steps of a sequence.
  const int sequence = inputs[0].shape().rank();
  const auto channel = [&](const Value& value) { return value.shape().rank() == sequence ? 2 : 1; };
  std::vector<Value> last;
  for (const auto& input : inputs) {
    const int rank = input.shape().rank();
    last.push_back(transpose(input, moved(rank, channel(input), rank - 1)));
  }
  last[0] = with_mask(last[0], mask_of(inputs[0]));
  std::vector<Value> outputs = RecurrentLayer::call(last);
  for (auto& output : outputs) {
    const int rank = output.shape().rank();
    output = transpose(output, moved(rank, rank - 1, channel(output)));
  }
  return outputs;
}

inline constexpr auto declare_conv_lstm = [](auto& builder) {
  using O = ConvLSTMOptions;
  builder.required("filters", &O::filters, "outputs for each window")
      .required("kernel_size", &O::kernel_size, "elements of a window along each axis")
      .argument("strides", &O::strides, "from one window of the input to the next")
      .argument("padding", &O::padding, "valid, or same: zeros around the input")
      .argument("data_format", &O::data_format, "channels_last or channels_first")
      .argument("dilation_rate", &O::dilation_rate, "from one element of a window to the next")
      .with(declare_cell)
      .with(declare_recurrence);
};
TUTTI_REGISTER(Layer, ConvLSTM1DLayer, "ConvLSTM1D", "an LSTM over series of lines")
    .with(declare_conv_lstm);
TUTTI_REGISTER(Layer, ConvLSTM2DLayer, "ConvLSTM2D", "an LSTM over series of images")
    .with(declare_conv_lstm);
TUTTI_REGISTER(Layer, ConvLSTM3DLayer, "ConvLSTM3D", "an LSTM over series of volumes")
    .with(declare_conv_lstm);

}  // namespace tutti
