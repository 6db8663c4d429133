# Counts who was due in a month and who renewed, where the program renewals is not installed.
$2 == month { due++; if ($3 == "yes") renewed++ }
END {
    rate = due ? renewed / due : 0
    printf "{\n  \"month\": \"%s\",\n  \"n\": %d,\n  \"x\": %d,\n  \"rate\": %.4f\n}\n", month, due, renewed, rate > "figures.json"
    print "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Renewals of " month "</title>" > "report.html"
    print "<style>body{font:16px/1.5 system-ui;margin:3rem auto;max-width:40rem;padding:0 1rem}b{font-size:4rem;display:block}</style>" > "report.html"
    printf "<h1>Renewals of %s</h1><p><b>%.1f %%</b>%d of %d customers who were due renewed.</p></html>\n", month, rate * 100, renewed, due > "report.html"
}
