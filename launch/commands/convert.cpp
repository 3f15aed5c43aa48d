// `tutti convert`: a model from one kind of file to another.
#include <fmt/format.h>

#include <iostream>

#include "core/base/error.h"
#include "core/model/model_file.h"
#include "core/model/weights_file.h"
#include "io/torch/state_dict.h"
#include "launch/at_place.h"
#include "launch/commands/command.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

// Whether weights are named and laid out as PyTorch has them.
bool torch_layout(const options::variables_map& given) {
  const std::string layout = text_option(given, "layout", "keras");
  if (layout != "keras" && layout != "torch")
    fail(ExitCode::usage, "convert", "--layout is '{}'; use keras or torch", layout);
  return layout == "torch";
}

Ref<QuantizationConfig> quantization(const options::variables_map& given) {
  const std::string how = text_option(given, "quantize");
  const bool weights_only = given.contains("weights-only");
  if (how.empty() && weights_only)
    fail(ExitCode::usage, "convert",
         "--weights-only says how to quantize; give --quantize int8 too");
  if (how != "" && how != "int8" && how != "int4")
    fail(ExitCode::usage, "convert", "--quantize is '{}'; use int8 or int4", how);
  if (how == "int8" && weights_only)
    return Int8QuantizationConfig(Int8QuantizationOptions{.activation_quantizer = nullptr});
  return how.empty() ? Ref<QuantizationConfig>() : Ref<QuantizationConfig>(how);
}

class ConvertCommand : public Command {
 public:
  std::string name() const override { return "convert"; }
  std::string usage() const override { return "IN OUT [--quantize int8|int4] [--layout torch]"; }
  std::string summary() const override {
    return "a model's file, or a run's model, as another file; weights alone by their endings";
  }
  std::string example() const override { return "tutti convert old.h5 model.keras"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("in", options::value<std::string>(), "model.keras, model.h5, or a run")(
        "out", options::value<std::string>(),
        "model.keras, model.h5, model.onnx, model.tflite, or weights: model.weights.h5, "
        "model.safetensors")("weights", options::value<std::string>(),
                             "a file of weights to put into the model first")(
        "quantize", options::value<std::string>(),
        "int8: weights and activations in a byte; int4: weights alone, two in a byte")(
        "weights-only", "with --quantize int8: activations stay as they are")(
        "layout", options::value<std::string>(),
        "of weights in .safetensors: keras, or torch for a module's state_dict");
    ordered.add("in", 1).add("out", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string in = required_option(given, "in", *this);
    const std::string out = required_option(given, "out", *this);
    const std::string weights = text_option(given, "weights");
    const bool torch = torch_layout(given), to_torch = torch && out.ends_with(".safetensors");
    const auto how = quantization(given);
    if (torch && !to_torch && !weights.ends_with(".safetensors"))
      fail(ExitCode::usage, "convert",
           "--layout torch is of weights in .safetensors; give such an OUT, or --weights");
    if (!session.speaks()) return;
    int64_t parameters = 0;
    const auto model = at_file(in, [&] {
      auto read = is_run(in) ? open_run(in).model.model : load_model(in);
      parameters = read->count_params();
      return read;
    });
    if (!weights.empty()) load(*model, weights, torch);
    if (how) model->quantize(how);
    if (to_torch)
      save_state_dict(*model, out);
    else if (is_model_file(out) && !out.ends_with(".weights.h5"))
      model->save(out);
    else
      model->save_weights(out);
    std::cout << fmt::format("{} parameters in {}", parameters, out) << std::endl;
  }

 private:
  static void load(Model& model, const std::string& weights, bool torch) {
    if (torch && weights.ends_with(".safetensors"))
      load_state_dict(model, weights);
    else
      model.load_weights(weights);
  }
};

const bool convert_command_added = add_command(std::make_unique<ConvertCommand>());

}  // namespace

}  // namespace tutti
