// `tutti inspect`: what a run holds, and its digest computed anew.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/model/model_file.h"
#include "core/model/weights_file.h"
#include "io/checkpoint/checkpoint.h"
#include "launch/commands/command.h"
#include "launch/row_feed.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class InspectCommand : public Command {
 public:
  std::string name() const override { return "inspect"; }
  std::string usage() const override { return "RUN|MODEL|CHECKPOINT [--json]"; }
  std::string summary() const override {
    return "the weights of a run or a model's file and their digest; whether a checkpoint is whole";
  }
  std::string example() const override {
    return "tutti inspect runs/first\n"
           "tutti inspect runs/first/checkpoints/step-000000001200\n";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(),
                        "the directory of a run or a checkpoint, or a model's file")(
        "json", "for machines");
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "run", *this);
    if (!session.speaks()) return;
    if (is_checkpoint(path)) return print_checkpoint(path, given.count("json") > 0);
    if (is_model_file(path)) return print(*load_model(path), "", given.count("json") > 0);
    const Run trained = open_run(path);
    const std::string digest = hex16(trained.model.model->digest());
    const std::string recorded = result_text(trained, "parameters");
    if (digest != recorded)
      fail(ExitCode::data, (trained.path / RunDirectory::weights_file).string(),
           "its parameters have the digest {}, the run ended with {}; the file was changed", digest,
           recorded);
    const bool as_json = given.count("json") > 0;
    if (FileSystem::current().exists(trained.path / RunDirectory::ledger_folder)) {
      const int64_t steps = check_run_ledger(trained.path);
      if (!as_json)
        std::cout << fmt::format("ledger: {} steps took the rows of an undisturbed run\n", steps);
    }
    print(*trained.model.model, result_text(trained, "numerics"), as_json);
  }

 private:
  // `numerics`: what trained the parameters, "" where nobody knows.
  static void print(const Model& model, const std::string& numerics, bool as_json) {
    const auto weights = named_weights(model);
    if (as_json) return print_json(hex16(model.digest()), numerics, weights);
    for (const auto& weight : weights)
      std::cout << fmt::format("{:<32} {:<16} {:<8} {}\n", weight.name,
                               to_string(weight.tensor.shape()), name_of(weight.tensor.dtype()),
                               weight.tensor.elements());
    std::cout << (numerics.empty() ? "parameters " + hex16(model.digest())
                                   : parameters_line(model.digest(), numerics))
              << std::endl;
  }
  static void print_checkpoint(const std::string& path, bool as_json) {
    const Checkpoint checkpoint(path);
    checkpoint.verify();
    const std::string saved = utc_text(std::chrono::milliseconds(checkpoint.created()));
    if (as_json) {
      nlohmann::ordered_json json = {{"step", checkpoint.step()},
                                     {"ranks", checkpoint.ranks()},
                                     {"bytes", checkpoint.bytes()},
                                     {"saved", saved}};
      for (const auto& name : checkpoint.names())
        json["tensors"].push_back({{"name", name},
                                   {"shape", checkpoint.find(name)->shape.dims()},
                                   {"dtype", name_of(checkpoint.find(name)->dtype)}});
      std::cout << json.dump(2) << std::endl;
      return;
    }
    for (const auto& name : checkpoint.names()) {
      const auto entry = checkpoint.find(name);
      std::cout << fmt::format("{:<32} {:<16} {}\n", name, to_string(entry->shape),
                               name_of(entry->dtype));
    }
    std::cout << fmt::format("whole: step {}, {} bytes, written by {} rank{} at {}\n",
                             checkpoint.step(), checkpoint.bytes(), checkpoint.ranks(),
                             checkpoint.ranks() == 1 ? "" : "s", saved)
              << std::flush;
  }
  static std::string result_text(const Run& run, const char* key) {
    const Config* value = run.result.find(key);
    if (!value)
      fail(ExitCode::data, (run.path / RunDirectory::result_file).string(),
           "lacks '{}'; train it again", key);
    return value->as_string();
  }
  static void print_json(const std::string& digest, const std::string& numerics,
                         const std::vector<NamedTensor>& weights) {
    nlohmann::ordered_json json = {{"parameters", digest}};
    if (!numerics.empty()) json["numerics"] = numerics;
    for (const auto& weight : weights)
      json["weights"].push_back({{"name", weight.name},
                                 {"shape", weight.tensor.shape().dims()},
                                 {"dtype", name_of(weight.tensor.dtype())}});
    std::cout << json.dump(2) << std::endl;
  }
};

const bool inspect_command_added = add_command(std::make_unique<InspectCommand>());

}  // namespace

}  // namespace tutti
