// `tutti predict`: a trained run's outputs for the rows of a file.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/model/model_file.h"
#include "io/formats/csv.h"
#include "io/formats/npy.h"
#include "launch/at_place.h"
#include "launch/commands/command.h"
#include "launch/job_data.h"
#include "launch/job_schema.h"
#include "launch/predictions.h"
#include "launch/run_directory.h"

namespace tutti {

namespace {

struct Predictions {
  std::string output;                // the model's name of it
  Tensor values;                     // (rows, ...)
  std::vector<std::string> classes;  // what its columns stand for; empty for numbers
  bool labelled;                     // its classes are asked for, and it has some
};

std::string class_text(const Predictions& predictions, int64_t index) {
  const auto at = static_cast<size_t>(index);
  return at < predictions.classes.size() ? predictions.classes[at] : std::to_string(index);
}

void add_text_columns(const Predictions& predictions,
                      std::vector<std::vector<std::string>>& lines) {
  const int64_t width = predictions.values.shape().elements_per_row();
  for (int64_t i = 0; i < width; ++i)
    lines[0].push_back(
        csv_cell(width == 1 ? predictions.output : fmt::format("{}_{}", predictions.output, i)));
  const auto texts = predictions.values.to_strings();
  for (size_t i = 0; i < texts.size(); ++i)
    lines[i / static_cast<size_t>(width) + 1].push_back(csv_cell(texts[i]));
}

// A column for each number or text of an output, or one with its classes.
void add_csv_columns(const Predictions& predictions, std::vector<std::vector<std::string>>& lines) {
  if (predictions.values.dtype() == DType::string) return add_text_columns(predictions, lines);
  if (predictions.labelled) {
    lines[0].push_back(csv_cell(predictions.output));
    const auto chosen = classes_of(predictions.values);
    for (size_t row = 0; row < chosen.size(); ++row)
      lines[row + 1].push_back(csv_cell(class_text(predictions, chosen[row])));
    return;
  }
  const int64_t width = predictions.values.shape().elements_per_row();
  for (int64_t i = 0; i < width; ++i) {
    const bool named = static_cast<int64_t>(predictions.classes.size()) == width;
    const std::string part = named ? class_text(predictions, i) : std::to_string(i);
    lines[0].push_back(csv_cell(width == 1 ? predictions.output : predictions.output + "_" + part));
  }
  const auto values = predictions.values.to_vector<float>();
  for (size_t i = 0; i < values.size(); ++i)
    lines[i / static_cast<size_t>(width) + 1].push_back(
        std::isnan(values[i]) ? "nan" : fmt::format("{}", values[i]));
}

class PredictCommand : public Command {
 public:
  std::string name() const override { return "predict"; }
  std::string usage() const override {
    return "RUN|MODEL --input FILE... --output FILE [--labels|--probabilities]";
  }
  std::string summary() const override {
    return "the model's outputs for the rows of a .csv or .npy file";
  }
  std::string example() const override {
    return "tutti predict runs/first --input new.csv --output species.csv --labels";
  }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("run", options::value<std::string>(),
                        "the run's directory, or a model's file")(
        "input", options::value<std::vector<std::string>>()->composing(),
        "x.csv, x.npy, or as in a job: {csv: x.csv}; of a model's file one for each input")(
        "output", options::value<std::string>(),
        "y.csv or y.npy; of several outputs y_0.npy, y_1.npy, ...")(
        "labels", "the class of each row")("probabilities",
                                           "of each class, where the model gives logits")(
        "cache", options::value<std::string>(),
        "where indexes of large data are kept; TUTTI_CACHE, or nowhere if left out");
    declare_session(named);
    ordered.add("run", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const std::string path = required_option(given, "run", *this);
    const auto inputs = given.count("input") ? given["input"].as<std::vector<std::string>>()
                                             : std::vector<std::string>();
    if (inputs.empty())
      fail(ExitCode::usage, "tutti predict", "'input' is missing; use: tutti predict {}", usage());
    const std::string output = required_option(given, "output", *this);
    if (given.count("labels") && given.count("probabilities"))
      fail(ExitCode::usage, "tutti predict",
           "--labels and --probabilities exclude each other; give one");
    if (!output.ends_with(".csv") && !output.ends_with(".npy"))
      fail(ExitCode::usage, "--output", "'{}' ends in neither .csv nor .npy; use one of them",
           output);
    const bool labels = given.count("labels") > 0, probabilities = given.count("probabilities") > 0;
    const bool of_model = is_model_file(path);
    session.configure(session_options(given, of_model ? Job() : job_of_run(path)));
    if (!session.speaks()) return;
    if (!of_model && inputs.size() > 1)
      fail(ExitCode::usage, "--input", "a run takes one file of rows, got {}", inputs.size());
    const auto predictions =
        of_model ? at_file(path, [&] { return predict_arrays(path, inputs, labels); })
                 : predict(open_run(path), inputs[0], labels, probabilities,
                           {text_option(given, "cache")});
    if (output.ends_with(".csv"))
      write_csv(output, predictions);
    else
      write_arrays(output, predictions);
    std::cout << fmt::format("{} rows in {}", predictions.at(0).values.rows(), output) << std::endl;
  }

 private:
  // What a model's file says of its inputs is their shapes and dtypes alone.
  static std::vector<Predictions> predict_arrays(const std::string& path,
                                                 const std::vector<std::string>& files,
                                                 bool labels) {
    const auto model = load_model(path);
    const auto names = model->input_names();
    if (files.size() != names.size())
      fail(ExitCode::usage, "--input", "the model takes {} inputs ({}), got {} files", names.size(),
           fmt::join(names, ", "), files.size());
    NamedTensors inputs;
    for (size_t i = 0; i < files.size(); ++i)
      inputs.emplace_back(names[i], files[i].ends_with(".npy")
                                        ? read_npy(files[i])
                                        : input_of_table(load_table(files[i], "--input"), names[i],
                                                         model->inputs()[i]));
    const auto outputs = model->predict(RowSourcePtr(Dataset(std::move(inputs), {})), 32);
    std::vector<Predictions> predictions;
    for (size_t i = 0; i < outputs.size(); ++i)
      predictions.push_back({model->output_names()[i], outputs[i], {}, labels});
    return predictions;
  }
  static std::vector<Predictions> predict(const Run& trained, const std::string& input, bool labels,
                                          bool probabilities, const RowAccess& access) {
    const DataPart rows = load_rows(input, "--input", trained.columns, false, access);
    if (rows.count() == 0) fail(ExitCode::data, "--input", "holds no rows; give some");
    const auto outputs = trained.model.model->predict(rows.source(), 256);
    const auto classes = trained.columns.class_names();
    std::vector<Predictions> predictions;
    const auto& output_names = trained.model.model->output_names();
    for (size_t i = 0; i < outputs.size(); ++i) {
      const std::string& name = output_names[i];
      const schema::Kind* loss = loss_of_output(trained.job, i, name);
      const size_t label = label_of_output(trained.job, output_names, i);
      const auto names = label < classes.size() ? classes[label] : std::vector<std::string>();
      const bool converts = (labels || probabilities) && gives_logits(loss);
      predictions.push_back({name, converts ? probabilities_of(outputs[i]) : outputs[i], names,
                             labels && (is_of_classes(loss) || !names.empty())});
    }
    const auto labelled = [](const Predictions& each) { return each.labelled; };
    if (labels && std::none_of(predictions.begin(), predictions.end(), labelled))
      fail(ExitCode::usage, "--labels", "the model gives numbers, not classes; leave it out");
    return predictions;
  }
  static void write_csv(const std::string& path, const std::vector<Predictions>& predictions) {
    std::vector<std::vector<std::string>> lines(
        static_cast<size_t>(predictions.at(0).values.rows()) + 1);
    for (const auto& each : predictions) add_csv_columns(each, lines);
    std::string text;
    for (const auto& line : lines) text += fmt::format("{}\n", fmt::join(line, ","));
    FileSystem::current().write_atomically(path, text);
  }
  static void write_arrays(const std::string& path, const std::vector<Predictions>& predictions) {
    const std::string stem = path.substr(0, path.size() - std::string_view(".npy").size());
    for (size_t i = 0; i < predictions.size(); ++i) {
      const Tensor& values = predictions[i].values;
      write_npy(
          predictions.size() == 1 ? path : fmt::format("{}_{}.npy", stem, i),
          predictions[i].labelled ? Tensor::from(classes_of(values), {values.rows()}) : values);
    }
  }
};

const bool predict_command_added = add_command(std::make_unique<PredictCommand>());

}  // namespace

}  // namespace tutti
