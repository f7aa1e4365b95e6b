# gnuplot -e "dir='DIR'; depths='8 32'; requests=N" distance.gp: DIR/distance.dat
# as a picture, one part for each depth.
set terminal svg size 780,280 font "sans-serif,12" background "white"
set output dir.'/distance.svg'
set multiplot layout 1,words(depths) \
    title sprintf("%d requests: seconds against milliseconds of round trip", \
    requests)
set xrange [0:*]
set yrange [0:*]
set key top left reverse Left
set grid lc rgb "#dddddd"
do for [depth in depths] {
    set title depth." in flight"
    plot for [k=1:3] dir.'/distance.dat' \
        using 1:($2 == int(depth) ? column(k + 2) : NaN) \
        with linespoints lw 2 pt 7 ps 0.5 \
        lc rgb word("#0060c0 #d06000 #808080", k) \
        title word("smh_revoke HTTP/2 floor", k)
}
unset multiplot
