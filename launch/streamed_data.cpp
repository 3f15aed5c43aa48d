#include "launch/streamed_data.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/model/adapt_rows.h"
#include "launch/data_spec.h"
#include "launch/job_schema.h"
#include "launch/job_split.h"
#include "launch/yaml_reader.h"
#include "launch/yaml_writer.h"

namespace tutti {
namespace {

constexpr int64_t kRowsThatTell = 1000;  // of which one has to be good

bool skips(const Job& job) { return job.frame().data().bad_records() == "skip"; }

bool agreed(Session* session, bool mine) {
  if (!session || session->size() == 1) return mine;
  uint8_t first = mine;
  broadcast_bytes(session->world(), &first, sizeof first);
  return first != 0;
}

// What of the job wants all rows at once: a key, and why; "" for nothing.
std::pair<std::string, std::string> need_of_memory(const Job& job, const DataSource& source) {
  const schema::Data& data = job.frame().data();
  if (data.has_resample()) return {"data.resample", "is made of all training rows"};
  if (data.has_timeseries()) return {"data.timeseries", "reaches over rows"};
  for (const auto& [column, treatments] : column_options(data).treatments)
    for (const auto& treatment : treatments)
      if (treatment->stays_text())
        return {"data.columns." + column,
                "leaves text, which a step has in memory; tokens makes numbers of it"};
  if (source.files(job.folder()).empty())
    return {"data", "names rows that are read whole, whatever they are"};
  return {};
}

// One column of all rows, as splitting wants it; where none is wanted, as many rows of nothing. A
// bad row stands in it as "" or 0.
Table table_to_split(const Job& job, const RowTables& tables) {
  const schema::Split& split = job.frame().data().split();
  const std::string& name = split.has_by() ? split.by() : split.stratify();
  Table all;
  if (name.empty()) {
    all.columns.push_back({"", Tensor::zeros({tables.rows()}, DType::u8), {}});
    return all;
  }
  std::vector<Table> parts;
  Column joined;
  std::vector<double> numbers;
  const auto take = [&](const Table& table) {
    const Column& column = table.column(name);
    all.source = table.source, joined.name = name;
    joined.text.insert(joined.text.end(), column.text.begin(), column.text.end());
    if (column.is_text()) return;
    const auto values = column.values.to_vector<double>();
    if (static_cast<int64_t>(values.size()) != table.rows())
      fail(ExitCode::data, job.place_of("data.split"),
           "column '{}' has several values in a row; split by another", name);
    numbers.insert(numbers.end(), values.begin(), values.end());
  };
  for_tables(tables, RowList::all(tables.rows()), skips(job), take);
  if (joined.text.empty())
    joined.values = Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
  if (joined.rows() != tables.rows())
    fail(ExitCode::data, job.place_of("data.split"),
         "{} records are bad and have no '{}' to be split by; remove them, or split by shares",
         tables.rows() - joined.rows(), name);
  all.columns.push_back(std::move(joined));
  return all;
}

// The first of these rows that is good.
Table good_row(const RowTables& tables, const RowList& rows, bool skip) {
  for (int64_t i = 0; i < std::min(kRowsThatTell, rows.size()); ++i) try {
      return tables.read(std::vector<int64_t>{rows[i]});
    } catch (const BadRecord&) {
      if (!skip) throw;
    }
  fail(ExitCode::data, "data",
       "has no good row among the first {} to train on; is it what the job "
       "says?",
       std::min(kRowsThatTell, rows.size()));
}

// Without the rows that have no label: those are bad.
Table labelled(const Table& table, const std::vector<std::string>& labels) {
  std::vector<int64_t> rows;
  for (int64_t row = 0; row < table.rows(); ++row) {
    const auto blank = [&](const std::string& name) {
      const Column& column = table.column(name);
      return column.is_text() &&
             column.text[static_cast<size_t>(row)].find_first_not_of(" \t") == std::string::npos;
    };
    if (std::none_of(labels.begin(), labels.end(), blank)) rows.push_back(row);
  }
  return static_cast<int64_t>(rows.size()) == table.rows() ? table : table.take_rows(rows);
}

ColumnPipeline fitted_columns(const Job& job, const RowTables& tables, const RowList& training) {
  const ColumnOptions options = column_options(job.frame().data());
  const bool skip = skips(job);
  const Table some = good_row(tables, training, skip);
  std::vector<std::string> labels;
  for (const auto& [name, column] : options.outputs) labels.push_back(column);
  if (labels.empty() && !some.label.empty()) labels.push_back(some.label);
  ColumnPipeline columns(options);
  columns.fit(some, [&](const std::function<void(const Table&)>& each) {
    for_tables(tables, training, skip, [&](const Table& table) {
      const Table good = skip ? labelled(table, labels) : table;
      if (good.rows() > 0) each(good);
    });
  });
  return columns;
}

void share_rows(Session& session, std::vector<int64_t>& rows) {
  uint64_t count = rows.size();
  broadcast_bytes(session.world(), &count, sizeof count);
  rows.resize(count);
  if (count > 0) broadcast_bytes(session.world(), rows.data(), count * sizeof(int64_t));
}

// Reads its columns back as every rank does, rank 0 too.
ColumnPipeline shared_columns(Session* session, const ColumnPipeline& columns) {
  if (!session || session->size() == 1) return columns;
  const std::string text = broadcast_text(
      session->world(), session->speaks() ? write_yaml(columns.to_config()) : std::string());
  return ColumnPipeline::from_config(
      read_yaml(text, "columns", {.bytes = uint64_t{1} << 40, .values = int64_t{1} << 40}));
}

DataPart part_of_stream(const RowTablesPtr& tables, RowList rows, const ColumnPipeline& columns,
                        const StreamedRowsOptions& options) {
  DataPart part;
  if (rows.size() == 0) return part;
  part.streamed = std::make_shared<StreamedRows>(tables, std::move(rows), columns, options);
  part.place = [streamed = part.streamed](int64_t row) { return streamed->place(row); };
  return part;
}

// Tables whose indexes live as long as they do.
RowTablesPtr open_tables(const DataSource& source, const std::filesystem::path& folder,
                         const std::shared_ptr<const IndexFolder>& indexes) {
  const RowTablesPtr tables = source.open(folder, indexes->options());
  return {tables.get(), [tables, indexes](const RowTables*) {}};
}

}  // namespace

bool is_large(const DataSource& source, const std::filesystem::path& folder,
              const RowAccess& access) {
  const bool first = !access.session || access.session->speaks();
  return agreed(access.session, first && source.bytes_in_memory(folder) > kMostInMemory);
}

bool is_streamed(const Job& job, const DataSource& source, const RowAccess& access) {
  const schema::Data& data = job.frame().data();
  const bool asked = (data.has_in_memory() && !data.in_memory()) || skips(job);
  if (skips(job) && data.in_memory())
    fail(job.place_of("data.in_memory"),
         "bad records are passed over where rows are read one by one; leave in_memory out");
  if (data.has_in_memory() && data.in_memory()) return false;
  const auto [key, why] = need_of_memory(job, source);
  if (asked && !key.empty())
    fail(job.place_of(key), "'{}' {}; say in_memory: true, and leave bad_records out", key, why);
  return key.empty() && (asked || is_large(source, job.folder(), access));
}

Adaptation::RowsOf rows_to_adapt_on(const RowSourcePtr& training, bool streamed) {
  auto rows_of = rows_for_adaptation(training);
  if (!streamed) return rows_of;
  return [training, rows_of](const Value& value) {
    const double bytes = static_cast<double>(training->rows()) * sizeof(float) *
                         static_cast<double>(value.shape().elements_per_row());
    if (bytes > static_cast<double>(kMostInMemory))
      fail("adapt",
           "a layer learns from all training rows, {:.1f} GiB that are streamed; standardize "
           "columns instead, which takes a pass over them, or give it what it learns",
           bytes / static_cast<double>(kMostInMemory));
    return rows_of(value);
  };
}

JobData stream_job_data(const Job& job, const DataSource& source, const RowAccess& access) {
  const auto indexes = std::make_shared<const IndexFolder>(access);
  const bool splits = job.frame().data().has_split();
  RowTablesPtr tables;
  JobRows rows;
  ColumnPipeline columns;
  const auto training = [&] { return splits ? RowList(rows.train) : RowList::all(tables->rows()); };
  on_first_rank(access.session, [&] {
    tables = open_tables(source, job.folder(), indexes);
    if (tables->rows() == 0)
      fail(ExitCode::data, job.place_of("data"), "the data has no rows to train on; add some");
    if (splits) rows = split_rows(job, table_to_split(job, *tables));
    columns = fitted_columns(job, *tables, training());
  });
  if (!tables) tables = open_tables(source, job.folder(), indexes);
  if (access.session && access.session->size() > 1 && splits)
    for (auto* list : {&rows.train, &rows.validation, &rows.test})
      share_rows(*access.session, *list);
  JobData loaded;
  loaded.columns = shared_columns(access.session, columns);
  loaded.streamed = true;
  loaded.stamps = tables->stamps();
  StreamedRowsOptions options;
  if (skips(job)) options.bad_records = BadRecords::skip;
  const auto part = [&](RowList list) {
    return part_of_stream(tables, std::move(list), loaded.columns, options);
  };
  loaded.train = part(training());
  loaded.validation = part(RowList(std::move(rows.validation)));
  loaded.test = part(RowList(std::move(rows.test)));
  return loaded;
}

DataPart stream_rows(const DataSource& source, const ColumnPipeline& columns, bool with_outputs,
                     const RowAccess& access) {
  const auto indexes = std::make_shared<const IndexFolder>(access);
  RowTablesPtr tables;
  on_first_rank(access.session, [&] { tables = open_tables(source, {}, indexes); });
  if (!tables) tables = open_tables(source, {}, indexes);
  return part_of_stream(tables, RowList::all(tables->rows()), columns,
                        {.with_outputs = with_outputs});
}

}  // namespace tutti
