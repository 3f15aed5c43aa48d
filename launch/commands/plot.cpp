// `tutti plot`: a drawing of a job's, a run's or a file's model.
#include <filesystem>
#include <iostream>

#include "core/base/error.h"
#include "core/layers/deferred_weights.h"
#include "core/model/model_file.h"
#include "launch/commands/command.h"
#include "launch/drawing/model_drawing.h"
#include "launch/drawing/picture_file.h"
#include "launch/job_data.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

class PlotCommand : public Command {
 public:
  std::string name() const override { return "plot"; }
  std::string usage() const override {
    return "JOB|RUN|MODEL --output FILE [--style graph|neurons|blocks] [--set PATH=VALUE]...";
  }
  std::string summary() const override { return "draw a model, as .svg or .png"; }
  std::string example() const override {
    return "tutti plot digits.yaml --output digits.svg\n"
           "tutti plot runs/first --style neurons --output iris.png";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("job", options::value<std::string>(),
                        "a job file, a run's directory, or a model's file")(
        "output", options::value<std::string>(), "model.svg or model.png")(
        "style", options::value<std::string>(),
        "graph: its layers; neurons: of small dense models; blocks: of convolutional ones")(
        "set", options::value<std::vector<std::string>>()->composing(),
        "PATH=VALUE in place of what the job says; repeats");
    ordered.add("job", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "job", *this);
    const std::string output = required_option(given, "output", *this);
    if (!output.ends_with(".png") && !output.ends_with(".svg"))
      fail(ExitCode::usage, "--output", "'{}' ends in neither .svg nor .png; use one of them",
           output);
    if (!session.speaks()) return;
    const auto picture = draw(given, path);
    drawing::write_picture(picture, output);
    std::cout << picture.title() << ": " << output << std::endl;
  }

 private:
  drawing::Picture draw(const options::variables_map& given, const std::string& path) const {
    const std::string style = text_option(given, "style", "graph");
    if (is_run(path)) return drawing::draw_model(*open_run(path).model.model, style, true);
    if (is_model_file(path) || std::filesystem::is_directory(path))
      return drawing::draw_model(*load_model(path), style, true);
    const Job job = read_job(given, *this);
    const RowSourcePtr rows = load_job_data(job).train.source();
    const DeferredWeights never_drawn;
    return drawing::draw_model(*make_job_model(job, rows->inputs()).model, style, false);
  }
};

const bool plot_command_added = add_command(std::make_unique<PlotCommand>());

}  // namespace

}  // namespace tutti
