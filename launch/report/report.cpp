#include "launch/report/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/filesystem.h"
#include "core/model/world.h"
#include "launch/drawing/model_drawing.h"
#include "launch/drawing/picture_file.h"
#include "launch/report/sections.h"
#include "launch/run_directory.h"

namespace tutti {
namespace {

// Predicting and evaluating here meets no other rank.
World alone() {
  World world = current_world();
  world.reducer = &local_reducer();
  world.shards = 0;
  return world;
}

std::string text_of(const Config& result, const char* key) {
  const Config* value = result.find(key);
  return value && value->is_string() ? value->as_string() : "";
}

// The value as people say it: shares in percent, others short.
std::string metric_text(const std::string& name, double value) {
  return name.find("acc") != std::string::npos ? share_text(value) : fmt::format("{:.4g}", value);
}

void add_facts(Page& page, const ReportSource& source) {
  const Config* tested = source.run.result.find("test");
  if (tested && tested->is_map()) {
    for (const auto& [name, value] : tested->as_map())
      if (value.is_number()) page.fact(metric_text(name, value.as_double()), "test " + name);
  } else {
    const bool validated = source.history.contains("val_loss");
    for (const auto& [name, values] : source.history)
      if (name.starts_with("val_") == validated && !values.empty() && name != "learning_rate")
        page.fact(metric_text(name, values.back()), "last " + name);
  }
  page.fact(std::to_string(source.epochs.size()), source.epochs.size() == 1 ? "epoch" : "epochs");
  if (source.data) page.fact(drawing::count_text(source.training_rows), "training rows");
  int64_t parameters = 0;
  for (const auto& weight : source.model().weights()) parameters += weight->shape().elements();
  page.fact(drawing::count_text(parameters), "parameters");
}

std::string lead_of(const ReportSource& source) {
  const auto layers = source.model().layers().size();
  std::string text = fmt::format("A model of {} {}", layers, layers == 1 ? "layer" : "layers");
  if (source.outputs.empty()) return text + ".";
  std::vector<std::string> says;
  for (const auto& output : source.outputs)
    says.push_back(output.classes.empty()
                       ? "a number"
                       : fmt::format("one of {} classes", output.classes.size()));
  text += fmt::format(" that gives {}", fmt::join(says, " and "));
  if (source.judged_name == "training")
    return text + ", judged by the rows it was trained on: how it does on others is not known.";
  return fmt::format("{}, judged by {} it was not trained on.", text,
                     rows_text(source.judged.rows()));
}

Page make_page(const ReportSource& source, const std::string& unlabelled) {
  Page page(source.job().name());
  page.lead(lead_of(source));
  add_facts(page, source);
  const auto found = diagnose(evidence_of(source));
  std::optional<int64_t> overfitting;
  for (const auto& diagnosis : found)
    if (diagnosis.name == "overfitting") overfitting = diagnosis.epoch;
  add_diagnoses(page, found);
  add_curves(page, source, overfitting);
  add_failures(page, source);
  add_reasons(page, source);
  add_unlabelled(page, source, unlabelled);
  add_subject(page, source);
  add_insides(page, source);
  add_landscape(page, source);
  page.foot(fmt::format("parameters {} {}", text_of(source.run.result, "parameters"),
                        text_of(source.run.result, "numerics")));
  return page;
}

}  // namespace

std::filesystem::path write_report(const std::filesystem::path& run,
                                   const std::string& unlabelled) {
  const WorldScope scope(alone());
  const Page page = make_page(read_report_source(run), unlabelled);
  FileSystem& files = FileSystem::current();
  const auto folder = run / RunDirectory::report_folder;
  files.remove(folder);
  files.make_directories(folder);
  for (const auto& [name, picture] : page.pictures()) {
    std::string file = name;  // names of outputs and metrics are anybody's
    for (char& c : file)
      if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-') c = '_';
    for (const char* ending : {".svg", ".png"})
      drawing::write_picture(picture, folder / (file + ending));
  }
  const auto path = run / RunDirectory::report_file;
  files.write_atomically(path, page.html());
  return path;
}

}  // namespace tutti
