// The calls of npm's `quandl`, unmodified but for its address: `node quandl_node.js ADDRESS` in a folder that has it.
const { createRequire } = require("node:module");
const installed = createRequire(process.cwd() + "/package.json");

installed("quandl/config.json").base_uri = process.argv[2];
const Quandl = installed("quandl");
const quandl = new Quandl({ auth_token: "any", api_version: 3 });
const told = (name) => (error, body) => {
    if (error) throw error;
    console.log(name, body.replaceAll("\n", ""));
};

const window = { order: "asc", exclude_column_names: true, start_date: "2018-03-01", end_date: "2018-03-02", column_index: 4 };
quandl.dataset({ source: "WIKI", table: "FB" }, window, (error, body) => {
    told("dataset")(error, body);
    quandl.metadata({ source: "WIKI", table: "FB" }, {}, told("metadata"));
    quandl.multiset([{ source: "WIKI", table: "FB", columns: [4] }, { source: "NSE", table: "OIL", columns: [1] }], { rows: 1 }, told("multiset"));
    quandl.search("wiki fb", { format: "xml" }, told("search"));
    quandl.favorites(told("favourites"));
});
