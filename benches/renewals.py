#!/usr/bin/env python3
"""Times `renewals report` beside polars and DuckDB on the same invented exports, in one run. See README.md.

    benches/renewals.py --bin target/release/renewals [--sizes 10000,1000000,10000000] [--formats csv,json] [--engines renewals,polars,duckdb]

polars and DuckDB come from PyPI into a virtual environment in the cache folder. They do a part of the work only: duplicates, terms, the
next term of the same licence, due and renewed within 30 days by month; no refunds, no customers, no values, no report.
"""
import argparse, os, pathlib, resource, shutil, subprocess, sys, time

SQL = """
with line as (
  select coalesce(nullif({addon}, ''), {entitlement}) as licence, {start}::date as s, {end}::date as e, {sale}::date as sold
  from {source} where {kind} in ('New', 'Renewal', 'Upgrade', 'Downgrade') and {class} in ('COMMERCIAL', 'ACADEMIC')
    and {start}::date < {end}::date and {sale}::date <= date '2026-11-01'
  qualify row_number() over (partition by {transaction}, {item} order by {updated} desc) = 1),
term as (select *, lead(sold) over (partition by licence order by s, e, sold) as next from line where e - s >= 60)
select strftime(e, '%Y-%m') as month, count(*) as due, count(*) filter (where next <= e + 30) as renewed from term group by 1 order by 1
"""
COLUMNS = dict(addon="addonLicenseId", entitlement="appEntitlementNumber", start="maintenanceStartDate", end="maintenanceEndDate",
               sale="saleDate", kind="saleType", transaction="transactionId", item="transactionLineItemId", updated="lastUpdated", **{"class": "licenseType"})
IN_PURCHASE = {"start", "end", "sale", "kind", "class"}


def duckdb_run(path, form):
    import duckdb
    base = duckdb.connect()
    base.execute("set threads = 2")
    if form == "csv":
        source, names = f"read_csv('{path}', all_varchar = true)", COLUMNS
    else:
        fields = {key: "VARCHAR" for key in (COLUMNS[k] for k in COLUMNS if k not in IN_PURCHASE)}
        inner = ", ".join(f'"{COLUMNS[k]}" VARCHAR' for k in sorted(IN_PURCHASE))
        columns = ", ".join(f"{k}: '{v}'" for k, v in fields.items()) + f", purchaseDetails: 'STRUCT({inner})'"
        source = f"read_json('{path}', columns = {{{columns}}}, maximum_object_size = 100000000)"
        names = {k: (f"purchaseDetails.{v}" if k in IN_PURCHASE else v) for k, v in COLUMNS.items()}
    rows = base.execute(SQL.format(source=source, **names)).fetchall()
    print(sum(row[1] for row in rows), sum(row[2] for row in rows))


def polars_run(path, form):
    import polars as pl
    if form == "csv":
        lines = pl.scan_csv(path, infer_schema=False)
    else:
        lines = pl.read_json(path, infer_schema_length=1000).lazy().unnest("purchaseDetails")
    col = lambda key: pl.col(COLUMNS[key])
    day = lambda key: col(key).str.to_date("%Y-%m-%d", strict=False)
    terms = (lines.filter(col("kind").is_in(["New", "Renewal", "Upgrade", "Downgrade"]) & col("class").is_in(["COMMERCIAL", "ACADEMIC"]))
        .select(pl.when(col("addon") != "").then(col("addon")).otherwise(col("entitlement")).alias("licence"), day("start").alias("s"),
                day("end").alias("e"), day("sale").alias("sold"), col("transaction").alias("t"), col("item").alias("i"), col("updated").alias("u"))
        .filter((pl.col("s") < pl.col("e")) & (pl.col("sold") <= pl.date(2026, 11, 1)))
        .sort("u").unique(["t", "i"], keep="last").filter((pl.col("e") - pl.col("s")).dt.total_days() >= 60)
        .sort("licence", "s", "e", "sold").with_columns(pl.col("sold").shift(-1).over("licence").alias("next"))
        .group_by(pl.col("e").dt.strftime("%Y-%m")).agg(pl.len().alias("due"), (pl.col("next") <= pl.col("e") + pl.duration(days=30)).sum().alias("renewed")))
    table = terms.collect(engine="streaming")
    print(table["due"].sum(), table["renewed"].sum())


def measured(command, limit_s, memory_gb=None):
    """Wall seconds, processor seconds, peak megabytes, last line of output; or what went wrong."""
    def limits():
        if memory_gb:
            resource.setrlimit(resource.RLIMIT_AS, (memory_gb << 30, memory_gb << 30))
    start = time.monotonic()
    process = subprocess.Popen(["timeout", str(limit_s), *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=limits,
                               env={**os.environ, "POLARS_MAX_THREADS": "2"})
    out, err = process.stdout.read(), process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 10):
        return f"after {limit_s} s stopped" if code == 124 else (err.strip().splitlines() or [f"exit {code}"])[-1][:80]
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, (out.strip().splitlines() or [""])[-1]


def venv(cache):
    python = cache / "venv/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", cache / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "polars", "duckdb"], check=True)
    return str(python)


def sample(options, rows, form):
    folder = options.cache / f"{form}-{rows}"
    file = folder / f"transactions.{form}"
    if not file.exists():
        subprocess.run([options.bin, "generate", "--seed", "42", "--transactions", str(rows), "--format", form, "--out", folder, "--as-of", "2026-11-01"],
                       check=True, stderr=subprocess.DEVNULL)
        for other in folder.iterdir():
            if other != file:
                other.unlink()
    return file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="target/release/renewals")
    parser.add_argument("--cache", type=pathlib.Path, default=pathlib.Path.home() / ".cache/renewals-bench")
    parser.add_argument("--sizes", default="10000,1000000,10000000")
    parser.add_argument("--formats", default="csv,json")
    parser.add_argument("--engines", default="renewals,polars,duckdb")
    parser.add_argument("--runs", type=int, default=3, help="the best is shown")
    parser.add_argument("--limit", type=int, default=900, help="seconds until an engine is stopped")
    parser.add_argument("--memory", type=int, help="gigabytes that an engine may ask for")
    parser.add_argument("--keep", action="store_true", help="keep the exports of 10 million rows")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    python = venv(options.cache)
    versions = subprocess.run([python, "-c", "import polars, duckdb; print('polars', polars.__version__, 'DuckDB', duckdb.__version__)"],
                              capture_output=True, text=True).stdout.strip()
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {versions}, best of {options.runs}")
    print("| rows | format | file | engine | wall | processor time | peak memory | due |\n|---|---|---|---|---|---|---|---|")
    for rows in map(int, options.sizes.split(",")):
        for form in options.formats.split(","):
            file = sample(options, rows, form)
            with open(file, "rb") as whole:  # Everybody finds the file in the page cache as far as it fits.
                while whole.read(1 << 24):
                    pass
            for engine in options.engines.split(","):
                if engine == "renewals":
                    command = [options.bin, "report", "--transactions", file, "--as-of", "2026-11-01", "--month", "2026-09", "--out", options.cache / "report.html",
                               "--json", options.cache / "figures.json"]
                else:
                    command = [python, __file__, "--inside", engine, str(file), form]
                results = [measured(command, options.limit, options.memory) for _ in range(options.runs if rows <= 1_000_000 else 1)]
                good = [r for r in results if not isinstance(r, str)]
                size = f"{file.stat().st_size / 1e6:,.0f} MB"
                if good:
                    wall, cpu, memory, said = min(good)
                    print(f"| {rows:,} | {form} | {size} | {engine} | {wall:.3f} s | {cpu:.3f} s | {memory:,.0f} MB | {said} |", flush=True)
                else:
                    print(f"| {rows:,} | {form} | {size} | {engine} | {results[0]} | | | |", flush=True)
            if rows > 1_000_000 and not options.keep:
                shutil.rmtree(file.parent)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        {"duckdb": duckdb_run, "polars": polars_run}[sys.argv[2]](sys.argv[3], sys.argv[4])
    else:
        main()
