// `tutti convert`: a model from one kind of file to another.
#include <fmt/format.h>

#include <iostream>

#include "core/model/model_file.h"
#include "core/model/weights_file.h"
#include "launch/commands/command.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class ConvertCommand : public Command {
 public:
  std::string name() const override { return "convert"; }
  std::string usage() const override { return "IN OUT"; }
  std::string summary() const override {
    return "a model's file, or a run's model, as another file; weights alone by their endings";
  }
  std::string example() const override { return "tutti convert old.h5 model.keras"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("in", options::value<std::string>(), "model.keras, model.h5, or a run")(
        "out", options::value<std::string>(),
        "model.keras, model.h5, or weights: model.weights.h5, model.safetensors");
    ordered.add("in", 1).add("out", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string in = required_option(given, "in", *this);
    const std::string out = required_option(given, "out", *this);
    if (!session.speaks()) return;
    const auto model = is_run(in) ? open_run(in).model.model : load_model(in);
    if (is_model_file(out) && !out.ends_with(".weights.h5"))
      model->save(out);
    else
      model->save_weights(out);
    std::cout << fmt::format("{} parameters in {}", model->count_params(), out) << std::endl;
  }
};

const bool convert_command_added = add_command(std::make_unique<ConvertCommand>());

}  // namespace

}  // namespace tutti
