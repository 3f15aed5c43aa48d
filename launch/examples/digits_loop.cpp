// Digits from a Kaggle-style CSV, a training loop of one's own over a loader, and the competition's
// answer for rows without labels:
//   example_digits_loop train.csv test.csv submission.csv
// `tutti make digits_csv` draws such files.
#include <tutti/tutti.h>

#include <fstream>
#include <iostream>

using tutti::Dense;

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  if (argc < 4)
    tutti::fail(tutti::ExitCode::usage, "digits_loop", "give train.csv, test.csv, submission.csv");
  const tutti::Table table = tutti::read_csv(argv[1]);
  tutti::ColumnPipeline columns({.outputs = {{"labels", "label"}}, .scale = 1 / 255.0});
  columns.fit(table);
  const auto [train, held_out] = columns.apply(table).split(0.2, /*seed=*/42);

  tutti::Sequential model({Dense(600, "relu"), Dense(500, "relu"), Dense(250, "relu"),
                           Dense(10, "softmax")});  // 899,260 parameters
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});

  tutti::DataLoader loader(train, {.batch_size = 100});
  for (int epoch = 1; epoch <= 5; ++epoch) {
    for (const tutti::Dataset& batch : loader) model.train_on_batch(batch);
    const tutti::Logs judged = model.evaluate(held_out);
    if (session.speaks())
      std::cout << "epoch " << epoch << ": accuracy " << *judged.find("accuracy") << std::endl;
  }

  const tutti::Dataset unknown = columns.apply(tutti::read_csv(argv[2]), /*with_outputs=*/false);
  const auto digits = argmax(model.predict(unknown)[0]).to_vector<int>();
  if (!session.speaks()) return 0;
  std::ofstream answer(argv[3]);
  answer << "ImageId,Label\n";
  for (size_t row = 0; row < digits.size(); ++row) answer << row + 1 << ',' << digits[row] << '\n';
}
