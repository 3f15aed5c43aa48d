#include "launch/report/report_source.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/model/batch.h"
#include "core/tensor/class_labels.h"
#include "launch/history.h"
#include "launch/predictions.h"

namespace tutti {
namespace {

constexpr int64_t kMostJudged = 10'000;

void read_data(ReportSource& source) {
  const auto index = source.run.path / RunDirectory::index_folder;
  JobData data = load_job_data(
      source.run.job, {cache_folder("", FileSystem::current().exists(index) ? index : "")});
  for (DataPart* part : {&data.train, &data.validation, &data.test})
    *part = fit_to_model(*part, source.model(), source.run.job);
  // Of rows that are streamed, the first.
  const auto some = [&](const DataPart& part, int64_t begin, int64_t end) {
    if (begin == end) return Dataset();
    return part.in_memory(begin, data.streamed ? std::min(end, begin + kMostJudged) : end);
  };
  const int64_t rows = data.train.count();
  source.training_rows = rows, source.validation_rows = data.validation.count();
  RowPlace validation_place = data.validation.place;
  if (const double fraction = source.job().fit().validation_split(); fraction > 0) {
    // As fit takes them: the last ones.
    const int64_t begin = split_last(data.train.source(), fraction).first->rows();
    source.training_rows = begin, source.validation_rows = rows - begin;
    source.validation = some(data.train, begin, rows);
    validation_place = [place = data.train.place, begin](int64_t row) {
      return place(begin + row);
    };
  } else {
    source.validation = some(data.validation, 0, source.validation_rows);
  }
  source.training = some(data.train, 0, source.training_rows);
  if (data.test.count() > 0)
    source.judged = some(data.test, 0, data.test.count()), source.judged_name = "test",
    source.judged_place = data.test.place;
  else if (source.validation.rows() > 0)
    source.judged = source.validation, source.judged_name = "validation",
    source.judged_place = validation_place;
  else
    source.judged = source.training, source.judged_name = "training",
    source.judged_place = data.train.place;
  if (source.judged.rows() > kMostJudged) source.judged = source.judged.slice_rows(0, kMostJudged);
  source.data = std::move(data);
}

void judge(ReportSource& source) {
  const auto predicted = source.model().predict(RowSourcePtr(source.judged), 256);
  for (size_t i = 0; i < predicted.size(); ++i)
    source.outputs.push_back(judge_output(source, i, predicted[i], source.judged));
}

std::vector<std::string> class_names(const ReportSource& source, size_t output, int64_t count) {
  const auto& names = source.model().output_names();
  const auto known = source.run.columns.class_names();
  const size_t label = label_of_output(source.run.job, names, output);
  std::vector<std::string> classes;
  if (label < known.size()) classes = known[label];
  for (auto i = static_cast<int64_t>(classes.size()); i < count; ++i)
    classes.push_back(std::to_string(i));
  classes.resize(static_cast<size_t>(count));
  return classes;
}

}  // namespace

JudgedOutput judge_output(const ReportSource& source, size_t output, const Tensor& predicted,
                          const Dataset& rows) {
  JudgedOutput judged;
  judged.name = source.model().output_names()[output];
  const schema::Kind* loss = loss_of_output(source.run.job, output, judged.name);
  const bool labelled = output < rows.outputs().size();
  if (is_of_classes(loss) && predicted.shape().rank() == 2) {
    const Tensor known = gives_logits(loss) ? probabilities_of(predicted) : predicted;
    judged.guess = classes_of(known);
    const int64_t width = known.shape()[-1];
    judged.classes = class_names(source, output, std::max<int64_t>(width, 2));
    for (const double value : known.to_vector<double>()) {
      if (width == 1) judged.probabilities.push_back(1 - value);
      judged.probabilities.push_back(value);
    }
    if (labelled) {
      const Tensor& labels = rows.outputs()[output].second;
      judged.truth = class_indices(labels, static_cast<int64_t>(judged.classes.size()));
    }
  } else if (predicted.shape().elements_per_row() == 1) {
    judged.prediction = predicted.to_vector<double>();
    if (labelled && rows.outputs()[output].second.shape().elements_per_row() == 1)
      judged.target = rows.outputs()[output].second.to_vector<double>();
  }
  return judged;
}

ReportSource read_report_source(const std::filesystem::path& path) {
  ReportSource source;
  source.run = open_run(path);
  FileSystem& files = FileSystem::current();
  if (files.exists(path / RunDirectory::history_file))
    source.history = read_history(files.read(path / RunDirectory::history_file));
  if (const auto found = source.history.find("epoch"); found != source.history.end()) {
    for (const double epoch : found->second) source.epochs.push_back(epoch + 1);
    source.history.erase(found);
  }
  if (files.exists(path / RunDirectory::record_file))
    source.record = read_training_record((path / RunDirectory::record_file).string());
  source.model().compile(make_compile_options(source.run.job, source.model()));
  try {
    read_data(source);
  } catch (const CommunicationError&) {
    throw;
  } catch (const Error& error) {  // the files of the data may be gone
    source.data_missing = error.what();
    return source;
  }
  judge(source);
  return source;
}

TrainingEvidence evidence_of(const ReportSource& source) {
  TrainingEvidence evidence{source.history, source.record, {}};
  const bool weighted =
      source.job().fit().has_class_weight() || source.job().data().has_sample_weight();
  if (!source.data || weighted || source.outputs.empty()) return evidence;
  const auto& classes = source.outputs[0].classes;
  if (classes.empty()) return evidence;
  const auto truth =
      class_indices(source.training.outputs()[0].second, static_cast<int64_t>(classes.size()));
  for (size_t i = 0; i < classes.size(); ++i)
    evidence.classes.emplace_back(classes[i],
                                  std::count(truth.begin(), truth.end(), static_cast<int64_t>(i)));
  return evidence;
}

std::optional<ImageShape> image_shape(const Dataset& rows) {
  if (rows.rows() == 0 || rows.windows()) return std::nullopt;
  const auto inputs = rows.inputs();
  if (inputs.size() != 1) return std::nullopt;
  const Tensor& values = inputs[0].second;
  const Shape& shape = values.shape();
  if (shape.rank() == 3) return ImageShape{shape[1], shape[2], 1};
  if (shape.rank() == 4 && (shape[3] == 1 || shape[3] == 3))
    return ImageShape{shape[1], shape[2], shape[3]};
  if (shape.rank() != 2 || shape[1] < 64) return std::nullopt;
  const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(shape[1]))));
  if (side * side != shape[1]) return std::nullopt;
  const auto first = values.slice_rows(0, std::min<int64_t>(rows.rows(), 100)).to_vector<double>();
  if (*std::min_element(first.begin(), first.end()) < 0) return std::nullopt;
  return ImageShape{side, side, 1};
}

}  // namespace tutti
