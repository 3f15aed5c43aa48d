// `tutti make`: data of the lessons that cannot be shipped, made by code.
#include <iostream>

#include "core/base/error.h"
#include "io/datasets/made_data.h"
#include "launch/commands/command.h"

namespace tutti {

namespace {

class MakeCommand : public Command {
 public:
  std::string name() const override { return "make"; }
  std::string usage() const override { return "DATA [FOLDER] [--rows N] [--seed N]"; }
  std::string summary() const override {
    std::string names;
    for (const auto& data : all_made_data()) names += (names.empty() ? "" : ", ") + data.name;
    return "write data that is made by code: " + names;
  }
  std::string example() const override { return "tutti make leaves data/leaves --rows 200"; }
  void declare(options::options_description& named,
               options::positional_options_description& ordered) const override {
    named.add_options()("data", options::value<std::string>(), "which one")(
        "folder", options::value<std::string>(), "where to; a folder of the data's name")(
        "rows", options::value<int64_t>(), "how many")("seed", options::value<uint64_t>(),
                                                       "another gives other rows; 0");
    ordered.add("data", 1).add("folder", 1);
  }
  void run(const options::variables_map& given, Session& session) const override {
    const MadeData& data = made_data(required_option(given, "data", *this));
    const int64_t rows = given.count("rows") ? given["rows"].as<int64_t>() : data.rows;
    if (rows < 1 || rows > 10'000'000)
      fail(ExitCode::usage, "--rows", "is {}; use 1 to 10000000", rows);
    const uint64_t seed = given.count("seed") ? given["seed"].as<uint64_t>() : 0;
    const std::string folder = text_option(given, "folder", data.name);
    if (!session.speaks()) return;
    data.write(folder, rows, seed);
    std::cout << folder << ": " << data.summary << ", made by code" << std::endl;
  }
};

const bool make_command_added = add_command(std::make_unique<MakeCommand>());

}  // namespace

}  // namespace tutti
