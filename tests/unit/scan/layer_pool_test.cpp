#include "scan/layer_pool.h"

#include "base/byte_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>

namespace veritag::scan {
namespace {

using Analysis = LayerPool::Analysis;
using Batch = LayerPool::Batch;
using Finished = LayerPool::Batch::Finished;

// Layers that are read when the test says so: nothing here waits for time to pass, only (at most a minute) for what must come.
class Stage {
public:
    /// A layer that stays open until `finish(name)`, or until it is told to stop.
    LayerPool::Read open(const std::string& name) {
        return [this, name](std::stop_token stop) -> Result<Analysis> {
            std::unique_lock lock(mutex_);
            started_.push_back(name);
            most_at_once_ = std::max(most_at_once_, ++now_);
            changed_.notify_all();
            changed_.wait(lock, stop, [&] { return finished_.contains(name) || all_finish_; });
            --now_;
            if (!finished_.contains(name) && !all_finish_) {
                stopped_.insert(name);
                changed_.notify_all();
                return Error{ErrorCode::cancelled, "read layer", name, "stopped", ""};
            }
            LayerAnalysis analysis;
            analysis.whiteouts.push_back(name);
            return std::make_shared<const LayerAnalysis>(std::move(analysis));
        };
    }
    /// A layer that cannot be read, as soon as it `finish(name)`es.
    LayerPool::Read broken(const std::string& name) {
        return [read = open(name), name](std::stop_token stop) -> Result<Analysis> {
            const Result<Analysis> whole = read(stop);
            if (!whole) return whole;
            return Error{ErrorCode::malformed, "read layer", name, "broken", ""};
        };
    }
    void finish(const std::string& name) {
        const std::lock_guard lock(mutex_);
        finished_.insert(name);
        changed_.notify_all();
    }
    void finish_all() {
        const std::lock_guard lock(mutex_);
        all_finish_ = true;
        changed_.notify_all();
    }
    /// The names in the order they began, once there are `count` of them.
    std::vector<std::string> started(std::size_t count) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), [&] { return started_.size() >= count; }));
        return started_;
    }
    void wait_until_stopped(const std::string& name) {
        std::unique_lock lock(mutex_);
        EXPECT_TRUE(changed_.wait_for(lock, std::chrono::minutes(1), [&] { return stopped_.contains(name); })) << name;
    }
    bool has_started(const std::string& name) {
        const std::lock_guard lock(mutex_);
        return std::find(started_.begin(), started_.end(), name) != started_.end();
    }
    std::size_t most_at_once() {
        const std::lock_guard lock(mutex_);
        return most_at_once_;
    }

private:
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::vector<std::string> started_;
    std::set<std::string> finished_, stopped_;
    bool all_finish_ = false;
    std::size_t now_ = 0, most_at_once_ = 0;
};

LayerKey key(const std::string& name) { return {.blob = sha256_of(name), .compression = "gzip", .toc = {}, .in_part = false, .extra = {}}; }
std::string name_of(const std::optional<Finished>& finished) {
    if (!finished) return "nothing";
    return finished->analysis ? (*finished->analysis)->whiteouts.at(0) : finished->analysis.error().saw;
}
constexpr std::uint64_t kGiant = 1000;
LayerPoolOptions jobs(std::size_t count) { return {.jobs = count, .giant_bytes = kGiant}; }

// A batch that adds layers under their own names.
struct Image {
    Image(LayerPool& pool, Stage& stage_, std::stop_token stop = {}) : stage(stage_), batch(pool, std::move(stop)) {}
    void add(const std::string& name, std::uint64_t size) { batch.add(count++, key(name), size, stage.open(name)); }
    Stage& stage;
    std::size_t count = 0;
    Batch batch;
};

TEST(LayerPool, LargestFirst) {
    Stage stage;
    LayerPool pool(jobs(1));
    Image one(pool, stage), other(pool, stage);
    one.add("first", 1);
    (void)stage.started(1);
    one.add("small", 3);
    other.add("large", 9);
    one.add("middle", 5);
    other.add("as small, but later", 3);
    stage.finish_all();
    EXPECT_EQ(stage.started(5), (std::vector<std::string>{"first", "large", "middle", "small", "as small, but later"}));
}

TEST(LayerPool, SideBySideUpToJobs) {
    Stage stage;
    LayerPool pool(jobs(3));
    Image one(pool, stage), other(pool, stage);
    for (int i = 0; i < 4; ++i) {
        one.add("one " + std::to_string(i), 5);
        other.add("other " + std::to_string(i), 5);
    }
    (void)stage.started(3);
    stage.finish_all();
    (void)stage.started(8);
    for (Image* image : {&one, &other}) {
        for (int i = 0; i < 4; ++i) EXPECT_TRUE(image->batch.next()->analysis);
        EXPECT_FALSE(image->batch.next());
    }
    EXPECT_EQ(stage.most_at_once(), 3U);
}

TEST(LayerPool, AResultComesWhenItIsThere) {
    Stage stage;
    LayerPool pool(jobs(2));
    Image image(pool, stage);
    image.add("slow", 9);
    image.add("quick", 1);
    stage.finish("quick");
    EXPECT_EQ(name_of(image.batch.next()), "quick");
    stage.finish("slow");
    EXPECT_EQ(name_of(image.batch.next()), "slow");
    EXPECT_EQ(name_of(image.batch.next()), "nothing");
}

TEST(LayerPool, OneReadingForAllWhoWantIt) {
    Stage stage;
    LayerPool pool(jobs(2));
    Image one(pool, stage), other(pool, stage);
    one.add("base", 5);
    (void)stage.started(1);
    other.batch.add(7, key("base"), 5, stage.open("base again"));
    one.batch.add(8, key("base"), 5, stage.open("base a third time"));  // an image may hold a layer twice
    stage.finish_all();
    const auto first = one.batch.next(), second = one.batch.next(), others = other.batch.next();
    ASSERT_TRUE(first && second && others);
    EXPECT_FALSE(first->shared);
    EXPECT_TRUE(second->shared);
    EXPECT_TRUE(others->shared);
    EXPECT_EQ(second->index, 8U);
    EXPECT_EQ(others->index, 7U);
    EXPECT_EQ(*first->analysis, *others->analysis) << "the same object";
    EXPECT_EQ(stage.started(1).size(), 1U);
}

TEST(LayerPool, OtherWantedPathsOrAnotherCompressionAreAnotherReading) {
    Stage stage;
    LayerPool pool(jobs(3));
    Image image(pool, stage);
    image.batch.add(0, {.blob = sha256_of("base"), .compression = "gzip", .toc = {}, .in_part = false, .extra = {}}, 5, stage.open("a"));
    image.batch.add(1, {.blob = sha256_of("base"), .compression = "zstd", .toc = {}, .in_part = false, .extra = {}}, 5, stage.open("b"));
    image.batch.add(2, {.blob = sha256_of("base"), .compression = "gzip", .toc = {}, .in_part = false, .extra = {{"data/blob", "etc/os-release"}}}, 5, stage.open("c"));
    EXPECT_EQ(stage.started(3).size(), 3U);
    stage.finish_all();
}

TEST(LayerPool, OneUnreadableLayerEndsItsOwnImageOnly) {
    Stage stage;
    LayerPool pool(jobs(3));
    Image good(pool, stage);
    {
        Image bad(pool, stage);
        bad.add("shared", 9);
        bad.add("its own", 8);
        bad.batch.add(2, key("broken"), 7, stage.broken("broken"));
        (void)stage.started(3);
        good.add("next", 6);  // for the thread that comes free
        bad.add("never begun", 1);
        good.add("shared", 9);
        stage.finish("broken");
        EXPECT_EQ(name_of(bad.batch.next()), "broken");
        bad.batch.give_up();
        stage.wait_until_stopped("its own");
        EXPECT_FALSE(bad.batch.next());
        stage.finish("shared");  // by the bad image's function, which therefore must not end before
    }
    EXPECT_EQ(name_of(good.batch.next()), "shared");
    stage.finish("next");
    EXPECT_EQ(name_of(good.batch.next()), "next");
    EXPECT_EQ(stage.started(0).size(), 4U) << "what they share was read once";
    EXPECT_FALSE(stage.has_started("never begun"));
}

TEST(LayerPool, AnErrorIsNotInherited) {
    Stage stage;
    LayerPool pool(jobs(2));
    Image one(pool, stage), other(pool, stage);
    one.batch.add(0, key("base"), 5, stage.broken("where it is broken"));
    (void)stage.started(1);
    other.batch.add(0, key("base"), 5, stage.open("where it is whole"));
    stage.finish_all();
    EXPECT_EQ(name_of(one.batch.next()), "broken");
    EXPECT_EQ(name_of(other.batch.next()), "where it is whole");
}

TEST(LayerPool, WhoJoinsWhatIsBeingStoppedReadsForItself) {
    Stage stage;
    LayerPool pool(jobs(1));
    std::optional<Image> one(std::in_place, pool, stage);
    one->add("base", 5);
    (void)stage.started(1);
    Image other(pool, stage);
    one->batch.give_up();
    other.batch.add(0, key("base"), 5, stage.open("base again"));
    one.reset();
    stage.finish("base again");
    EXPECT_EQ(name_of(other.batch.next()), "base again");
}

TEST(LayerPool, StopEndsABatch) {
    Stage stage;
    LayerPool pool(jobs(1));
    std::stop_source stop;
    Image stopped(pool, stage, stop.get_token()), other(pool, stage);
    stopped.add("begun", 5);
    (void)stage.started(1);
    stopped.add("not begun", 9);
    other.add("other", 1);
    stop.request_stop();
    EXPECT_FALSE(stopped.batch.next());
    stopped.add("too late", 9);
    EXPECT_FALSE(stopped.batch.next());
    stage.wait_until_stopped("begun");
    stage.finish("other");
    EXPECT_EQ(name_of(other.batch.next()), "other");
    EXPECT_EQ(stage.started(2).size(), 2U);
}

TEST(LayerPool, ABatchStoppedFromTheStartReadsNothing) {
    Stage stage;
    std::stop_source stop;
    stop.request_stop();
    LayerPool pool(jobs(1));
    Image image(pool, stage, stop.get_token());
    image.add("layer", 5);
    EXPECT_FALSE(image.batch.next());
    EXPECT_EQ(stage.started(0).size(), 0U);
}

TEST(LayerPool, NothingOfABatchIsInUseAfterItsEnd) {
    std::atomic<bool> begun = false, ended = false;
    LayerPool pool(jobs(1));
    {
        Batch batch(pool, {});
        batch.add(0, key("a"), 1, [&](std::stop_token stop) -> Result<Analysis> {
            begun = true;
            begun.notify_all();
            while (!stop.stop_requested()) std::this_thread::yield();
            for (int i = 0; i < 100; ++i) std::this_thread::yield();  // time enough for a batch that does not wait
            ended = true;
            return Error{ErrorCode::cancelled, "read layer", "", "stopped", ""};
        });
        begun.wait(false);
    }
    EXPECT_TRUE(ended);
}

TEST(LayerPool, WhatIsThrownIsAnErrorOfThatLayer) {
    Stage stage;
    LayerPool pool(jobs(1));
    Image image(pool, stage), other(pool, stage);
    image.batch.add(0, key("a"), 5, [](std::stop_token) -> Result<Analysis> { throw std::runtime_error("no memory"); });
    image.batch.add(1, key("b"), 4, [](std::stop_token) -> Result<Analysis> { throw 1; });
    other.add("c", 3);
    stage.finish_all();
    EXPECT_EQ(name_of(image.batch.next()), "no memory");
    EXPECT_EQ(name_of(image.batch.next()), "it failed unexpectedly");
    EXPECT_EQ(name_of(other.batch.next()), "c");
}

TEST(LayerPool, SmallLayersPassAGiant) {
    Stage stage;
    LayerPool pool(jobs(2));
    Image first(pool, stage), giants(pool, stage), small(pool, stage);
    for (const char* name : {"holds a thread", "holds the other"}) first.add(name, 1);
    (void)stage.started(2);
    for (const char* name : {"giant 1", "giant 2", "giant 3", "giant 4"}) giants.add(name, kGiant);
    for (const char* name : {"small 1", "small 2", "small 3"}) {
        small.add(name, kGiant - 1);
        stage.finish(name);
    }
    for (const char* name : {"holds a thread", "holds the other"}) stage.finish(name);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(small.batch.next()->analysis) << "while a giant is read";
    const std::vector<std::string> order = stage.started(7);
    for (const char* name : {"giant 1", "giant 2"})  // two threads that take them may tell of it in either order
        EXPECT_NE(std::find(order.begin(), order.end(), name), order.end()) << "with nothing else to do, every thread takes giants";
    small.add("small 4", 1);
    stage.finish("giant 1");  // whichever thread comes free does not take the next giant
    EXPECT_EQ(stage.started(8).at(7), "small 4");
    stage.finish("small 4");
    EXPECT_EQ(stage.started(9).at(8), "giant 3");
    small.add("small 5", 1);
    stage.finish("giant 2");
    EXPECT_EQ(stage.started(10).at(9), "small 5");
    stage.finish_all();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(giants.batch.next()->analysis);
}

TEST(LayerPool, ATinyLayerIsNotOvertakenForEver) {
    Stage stage;
    LayerPool pool(jobs(2));
    Image first(pool, stage), tiny(pool, stage), larger(pool, stage);
    for (const char* name : {"holds a thread", "holds the other"}) first.add(name, 1);
    (void)stage.started(2);
    tiny.add("tiny", 1);
    for (int i = 0; i < 5; ++i) larger.add("larger " + std::to_string(i), 10);
    for (const char* name : {"holds a thread", "holds the other"}) stage.finish(name);
    const std::vector<std::string> order = stage.started(4);
    EXPECT_EQ((std::set<std::string>{order.at(2), order.at(3)}), (std::set<std::string>{"tiny", "larger 0"}));
    stage.finish_all();
}

TEST(LayerPool, ShortOfMemoryTheOldestImageGoesFirst) {
    Stage stage;
    LayerPool pool({.jobs = 1, .giant_bytes = kGiant, .held_bytes = 1});
    std::optional<Image> older(std::in_place, pool, stage);
    Image younger(pool, stage);
    older->add("older 1", 1);
    stage.finish("older 1");
    ASSERT_TRUE(older->batch.next());
    younger.add("younger", 9);
    older->add("older 2", 1);
    EXPECT_EQ(stage.started(2), (std::vector<std::string>{"older 1", "older 2"}));
    stage.finish_all();
    ASSERT_TRUE(older->batch.next());
    EXPECT_FALSE(stage.has_started("younger"));
    older.reset();
    EXPECT_EQ(name_of(younger.batch.next()), "younger");
}

}  // namespace
}  // namespace veritag::scan
